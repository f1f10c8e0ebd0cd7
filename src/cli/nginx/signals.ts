import { constants } from 'node:os';
import type { Log } from '../../observe/log.ts';

/** What signals mean to nginx's master process. */
export interface NginxSignalActions {
  /** Ends without waiting for requests. */
  stopNow(): void;
  /** Ends when requests under way have. */
  stopGracefully(): void;
  /** Reads the config again. */
  reload(): void;
  /** Leaves log files that were rotated. */
  reopenLogs(): void;
  /** Starts a new process that gets the listening sockets. */
  upgrade(): void;
  /** Accepts no more connections, and serves on those that are there. */
  drainWorkers(): void;
}

interface Meaning {
  readonly action: keyof NginxSignalActions;
  /** As nginx writes it. */
  readonly what: string;
}

export type NginxSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' | 'SIGWINCH';

const meanings: Readonly<Record<NginxSignal, Meaning>> = {
  SIGTERM: { action: 'stopNow', what: 'exiting' },
  SIGINT: { action: 'stopNow', what: 'exiting' },
  SIGQUIT: { action: 'stopGracefully', what: 'shutting down' },
  SIGHUP: { action: 'reload', what: 'reconfiguring' },
  SIGUSR1: { action: 'reopenLogs', what: 'reopening logs' },
  SIGUSR2: { action: 'upgrade', what: 'changing binary' },
  SIGWINCH: { action: 'drainWorkers', what: 'stop accepting connections' },
};

/**
 * Does from now on what signals say. In the foreground SIGWINCH means that a terminal's window changed, and nothing is done. Gives what
 * ends it.
 */
export function listenToNginxSignals(actions: NginxSignalActions, log: Log, isDaemon: boolean): () => void {
  const listeners = Object.entries(meanings).map(([name, { action, what }]) => {
    const signal = name as NginxSignal;
    const listener = (): void => {
      const isHeard = signal !== 'SIGWINCH' || isDaemon;
      log.info(`signal ${constants.signals[signal]} (${signal}) received${isHeard ? `, ${what}` : ''}`);
      if (isHeard) actions[action]();
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const end of listeners) end();
  };
}
