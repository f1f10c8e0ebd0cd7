import { dirname } from 'node:path';
import { nginxDiagnosticLine, nginxMessage } from '../../config/nginx/syntax/format-diagnostic.ts';
import { webSocketLimits, webSocketTimeouts } from '../../core/limits.ts';
import type { Log, LogThreshold } from '../../observe/log.ts';
import { LogFileError } from '../../observe/log-file.ts';
import { LogFiles } from '../../observe/log-files.ts';
import type { ServeOptions } from '../../server/options.ts';
import { OwnLog } from '../../server/own-log.ts';
import type { RunningServer } from '../../server/running-server.ts';
import { type Serving, ServingError } from '../../server/serving.ts';
import { startServer } from '../../server/start.ts';
import { UpgradeError } from '../../server/upgrade.ts';
import { currentCpus, frontThreadsOf } from '../cpus.ts';
import { type ProcessNames, testReread, useReread } from '../reread-process.ts';
import { gracefulTimeoutMs, notesOf, servingOf } from '../serving-of.ts';
import { startFailureText } from '../start-failure.ts';
import { PidFileError } from './pid-file.ts';
import type { NginxServeRequest } from './run-nginx.ts';
import { listenToNginxSignals } from './signals.ts';

const names: ProcessNames = {
  frontThreads: 'worker_processes',
  maxConnections: 'worker_connections',
  gracefulTimeoutMs: 'worker_shutdown_timeout',
  isDaemon: 'daemon',
};

/** Serves an nginx.conf until a signal ends it. Gives the exit code. */
export async function serveNginx(request: NginxServeRequest): Promise<number> {
  const { config, paths, say, isDaemon, pidFile } = request;
  const errorLogs = config.process.errorLogs ?? [];
  const threshold: LogThreshold = { level: 'info' };
  const files = new LogFiles((problem) => say('alert', problem));
  const ended = Promise.withResolvers<{ readonly graceMs: number; readonly exitCode: number }>();
  let isEnding = false;
  const end = (graceMs: number, exitCode = 0): void => {
    isEnding = true;
    ended.resolve({ graceMs, exitCode });
  };
  /** Who was told to end when its requests have is told not to wait for them. */
  const hurried = Promise.withResolvers<void>();
  let server: RunningServer;
  let upgrading = 'idle' as 'idle' | 'running' | 'done';
  try {
    const ownLog = new OwnLog(errorLogs, files, threshold);
    const { log } = ownLog;
    const options = optionsOf(request, log);
    const started = startServer(options, {
      log,
      threshold,
      askStop: (_, exitCode) => end(options.gracefulTimeoutMs, exitCode),
      processChanged(own) {
        useReread(config.process, own, ownLog, names);
        try {
          pidFile.changeTo(own.pidFile ?? paths.pidFile);
        } catch (error) {
          if (!(error instanceof PidFileError)) throw error;
          log.error(error.message);
        }
      },
    });
    const whenStarted = (act: (running: RunningServer) => void): void => void started.then(act, () => {});
    const unlisten = listenToNginxSignals(
      {
        stopNow() {
          if (isEnding) hurried.resolve();
          end(0);
        },
        stopGracefully: () => end(options.gracefulTimeoutMs),
        reload: () => whenStarted((running) => void running.reload()),
        reopenLogs() {
          files.reopen();
          whenStarted((running) => running.reopenLogs());
        },
        upgrade: () => whenStarted((running) => void upgrade(running)),
        drainWorkers: () => whenStarted((running) => running.stopListening()),
      },
      log,
      isDaemon,
    );
    const upgrade = async (running: RunningServer): Promise<void> => {
      if (upgrading !== 'idle') {
        log.error('the changing binary signal is ignored: end the old process or the new one before');
        return;
      }
      upgrading = 'running';
      try {
        pidFile.moveToOld();
        const { ended: gone } = await running.upgrade();
        // As nginx: both serve until one of them is told to quit.
        upgrading = 'done';
        void gone.then(() => {
          log.info('the new process has ended, this one serves on');
          upgrading = 'idle';
          movePidFileBack();
        });
      } catch (error) {
        upgrading = 'idle';
        if (!(error instanceof UpgradeError || error instanceof PidFileError)) throw error;
        log.error(error.message);
        movePidFileBack();
      }
    };
    const movePidFileBack = (): void => {
      try {
        pidFile.moveBack();
      } catch (error) {
        if (!(error instanceof PidFileError)) throw error;
        log.error(error.message);
      }
    };
    const first = await Promise.race([started, ended.promise]);
    if ('graceMs' in first) {
      started.then((late) => late.end(0)).catch(() => {});
      return 1;
    }
    server = first;
    request.serving();
    const { graceMs, exitCode } = await ended.promise;
    await Promise.race([server.end(graceMs, upgrading === 'done'), hurried.promise]);
    unlisten();
    pidFile.remove();
    await files.close();
    return exitCode;
  } catch (error) {
    const text =
      error instanceof PidFileError || error instanceof LogFileError
        ? error.message
        : startFailureText(error, paths.configFile, true);
    if (text === undefined) throw error;
    say('emerg', text.replace(/^galley: /, '').trimEnd());
    return 1;
  }
}

function optionsOf({ config, paths, pidFile, reload }: NginxServeRequest, log: Log): ServeOptions {
  const { process: own } = config;
  const folder = dirname(paths.configFile);
  const cpus = currentCpus();
  return {
    title: paths.configFile,
    serving: servingOf(config, folder, cpus),
    reread: async (): Promise<Serving> => {
      const read = reload();
      if (!read.config) {
        throw new ServingError(read.diagnostics.map((each) => nginxDiagnosticLine(each)).join('\n'));
      }
      for (const warning of read.diagnostics) log.warn(nginxMessage(warning));
      testReread(read.config.process);
      try {
        pidFile.testChange(read.config.process.pidFile ?? paths.pidFile);
      } catch (error) {
        throw error instanceof PidFileError ? new ServingError(error.message) : error;
      }
      return servingOf(read.config, folder, cpus);
    },
    notes: notesOf(config),
    areBindsDefault: false,
    trustedPeers: 'site',
    frontThreads: frontThreadsOf(own.frontThreads ?? 'auto', cpus),
    maxConnections: own.maxConnections,
    gracefulTimeoutMs: own.gracefulTimeoutMs ?? gracefulTimeoutMs,
    controlSocket: 'default',
    errorLogs: own.errorLogs ?? [],
    logLevel: 'info',
    webSocketLimits,
    webSocketTimeouts,
  };
}
