import type { LogThreshold } from '../observe/log.ts';
import { LogFiles } from '../observe/log-files.ts';
import type { ServeOptions } from '../server/options.ts';
import { OwnLog } from '../server/own-log.ts';
import type { RunningServer } from '../server/running-server.ts';
import { startServer } from '../server/start.ts';
import { banner } from './banner.ts';
import { Ending } from './ending.ts';
import { type ProcessNames, useReread } from './reread-process.ts';
import { listenToSignals } from './server-signals.ts';
import { startFailureText } from './start-failure.ts';
import { terminalWatch } from './terminal-watch.ts';

/** As a typed config calls them. */
const names: ProcessNames = {
  frontThreads: 'process.frontThreads',
  maxConnections: 'process.maxConnections',
  gracefulTimeoutMs: 'process.gracefulTimeout',
  isDaemon: 'process.daemon',
};

/** Serves until it is told to stop. Gives the exit code: 0 after an orderly stop, 1 where it could not start, could not go on, or was stopped at once. */
export async function run(options: ServeOptions): Promise<number> {
  const threshold: LogThreshold = { level: options.logLevel };
  const files = new LogFiles((problem) => log.error(problem));
  const ownLog = new OwnLog(options.errorLogs, files, threshold);
  const { log } = ownLog;
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const isTerminalGone = terminalWatch();
  const ending = new Ending(log);
  ending.listen();
  let server: RunningServer;
  try {
    const started = startServer(options, {
      log,
      threshold,
      askStop: (why, exitCode) => ending.ask(why, exitCode),
      processChanged: (own) => useReread(options.serving.process ?? {}, own, ownLog, names),
    });
    listenToSignals(started, log, {
      hangup() {
        if (!isTerminalGone()) return false;
        ending.ask('SIGHUP', 0);
        return true;
      },
      replaced: (pid) => ending.replaced(pid),
      reopenLogs: () => files.reopen(),
    });
    const first = await Promise.race([started, ending.asked]);
    if ('why' in first) {
      started.then((late) => late.end(0)).catch(() => {});
      return 1;
    }
    server = first;
  } catch (error) {
    const text = startFailureText(error, options.title, options.reread !== undefined);
    if (text === undefined) throw error;
    process.stderr.write(text);
    return 1;
  }
  if (options.logLevel === 'info' || options.logLevel === 'debug') {
    process.stderr.write(banner(options, server, performance.now()));
  }
  return ending.end(server, options.gracefulTimeoutMs);
}
