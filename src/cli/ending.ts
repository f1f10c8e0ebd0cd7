import type { Log } from '../observe/log.ts';
import type { RunningServer } from '../server/running-server.ts';

/** Why a server is to end: what it says of that in the log, the exit code, and whether another process has taken over. */
export interface AskedEnding {
  readonly why: string;
  readonly exitCode: number;
  readonly isReplaced: boolean;
}

const stopSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

/** The end of a server: by a signal, over the control socket, or since another process has taken over. */
export class Ending {
  /** Resolves when a stop is wanted for the first time. */
  readonly asked: Promise<AskedEnding>;
  readonly #log: Log;
  readonly #ask: (ending: AskedEnding) => void;

  constructor(log: Log) {
    const { promise, resolve } = Promise.withResolvers<AskedEnding>();
    this.#log = log;
    this.#ask = resolve;
    this.asked = promise;
  }

  /** From now on a signal asks for the stop. */
  listen(): void {
    void nextStopSignal().then(this.#ask);
  }

  ask(why: string, exitCode: number): void {
    this.#ask({ why, exitCode, isReplaced: false });
  }

  /** That process serves from now on. */
  replaced(pid: number): void {
    this.#ask({ why: `process ${pid} has taken over`, exitCode: 0, isReplaced: true });
  }

  /** When a stop is wanted, lets requests end; a second signal does not wait. A process that was replaced has had no signal yet. Gives the exit code. */
  async end(server: RunningServer, graceMs: number): Promise<number> {
    const { why, exitCode, isReplaced } = await this.asked;
    const how = isReplaced ? 'two signals end' : 'a second signal ends';
    this.#log.info(`${why}: stopping; requests under way may take ${graceMs / 1000} s, ${how} them`);
    const stopped = server.end(graceMs, isReplaced).then(() => exitCode);
    const first = isReplaced ? nextStopSignal() : Promise.resolve(undefined);
    const atOnce = first.then(async (signal) => {
      if (signal) this.#log.info(`${signal.why}: Galley is stopping already, a second signal ends requests under way`);
      await nextStopSignal();
      return 'at once' as const;
    });
    const outcome = await Promise.race([stopped, atOnce]);
    if (outcome === 'at once') return 1;
    this.#log.info('stopped');
    return outcome;
  }
}

function nextStopSignal(): Promise<AskedEnding> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const each of stopSignals) process.off(each, stop);
      resolve({ why: signal, exitCode: 0, isReplaced: false });
    };
    for (const each of stopSignals) process.on(each, stop);
  });
}
