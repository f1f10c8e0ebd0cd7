import type { Log } from '../observe/log.ts';
import type { RunningServer } from '../server/running-server.ts';
import { UpgradeError } from '../server/upgrade.ts';

export interface SignalOutcomes {
  /** SIGHUP came; whether it means that the terminal has gone, which is dealt with then. */
  hangup(): boolean;
  /** That process serves from now on. */
  replaced(pid: number): void;
  /** Log files were rotated. */
  reopenLogs(): void;
}

/** What signals do that do not stop, from the start on. */
export function listenToSignals(
  started: Promise<RunningServer>,
  log: Log,
  { hangup, replaced, reopenLogs }: SignalOutcomes,
): void {
  let isStarting = true;
  const ended = (): void => {
    isStarting = false;
  };
  started.then(ended, ended);
  /** One that comes during the start is for what was changed since it began, so it waits. */
  const whenStarted = (signal: NodeJS.Signals, act: (server: RunningServer) => void): void => {
    const whenRunning = (server: RunningServer): void => {
      if (server.isStopping) log.info(`${signal}: nothing is done, Galley is stopping`);
      else act(server);
    };
    // Where the start fails there is nothing to do it to.
    started.then(whenRunning, () => {});
  };
  process.on('SIGHUP', (signal) => {
    if (!hangup()) whenStarted(signal, (server) => void server.reload());
  });
  process.on('SIGTTIN', (signal) => whenStarted(signal, (server) => server.scaleBy(1)));
  process.on('SIGTTOU', (signal) => whenStarted(signal, (server) => server.scaleBy(-1)));
  process.on('SIGUSR1', (signal) => {
    log.info(`${signal}: opening log files again`);
    reopenLogs();
    whenStarted(signal, (server) => server.reopenLogs());
  });
  process.on('SIGUSR2', (signal) => {
    if (isStarting) {
      log.info(`${signal}: nothing is done, Galley is still starting`);
      return;
    }
    whenStarted(signal, (server) => {
      log.info(`${signal}: starting a new Galley that takes the listening sockets over`);
      server.upgrade().then(
        ({ pid }) => replaced(pid),
        (error: unknown) => {
          if (!(error instanceof UpgradeError)) throw error;
          log.error(error.message);
        },
      );
    });
  });
}
