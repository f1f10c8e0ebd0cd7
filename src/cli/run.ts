import { createLog, type Log, type LogThreshold } from '../observe/log.ts';
import type { ServeOptions } from '../server/options.ts';
import type { RunningServer } from '../server/running-server.ts';
import { startServer } from '../server/start.ts';
import { banner } from './banner.ts';
import { listenToSignals } from './server-signals.ts';
import { startFailureText } from './start-failure.ts';
import { terminalWatch } from './terminal-watch.ts';

/** Why a server is to end: what it says of that in the log, the exit code, and whether another process has taken over. */
interface Ending {
  readonly why: string;
  readonly exitCode: number;
  readonly isReplaced: boolean;
}

/** Serves until it is told to stop. Gives the exit code: 0 after an orderly stop, 1 where it could not start, could not go on, or was stopped at once. */
export async function run(options: ServeOptions): Promise<number> {
  const threshold: LogThreshold = { level: options.logLevel };
  const log = createLog(
    threshold,
    (text) => process.stderr.write(text),
    () => new Date(),
  );
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const isTerminalGone = terminalWatch();
  const asked = Promise.withResolvers<Ending>();
  const ending = Promise.race([nextStopSignal(), asked.promise]);
  const askStop = (why: string, exitCode: number): void => asked.resolve({ why, exitCode, isReplaced: false });
  let server: RunningServer;
  try {
    const started = startServer(options, log, threshold, askStop);
    listenToSignals(started, log, {
      hangup() {
        if (!isTerminalGone()) return false;
        askStop('SIGHUP', 0);
        return true;
      },
      replaced: (pid) => asked.resolve({ why: `process ${pid} has taken over`, exitCode: 0, isReplaced: true }),
    });
    const first = await Promise.race([started, ending]);
    if ('why' in first) {
      started.then((late) => late.end(0)).catch(() => {});
      return 1;
    }
    server = first;
  } catch (error) {
    const text = startFailureText(error, options.app.target);
    if (text === undefined) throw error;
    process.stderr.write(text);
    return 1;
  }
  if (options.logLevel === 'info' || options.logLevel === 'debug') {
    process.stderr.write(banner(options, server, performance.now()));
  }
  return stopOn(await ending, server, options.app.gracefulTimeoutMs, log);
}

/** The first signal lets requests end; a second one does not wait. A process that was replaced has had no signal yet. */
async function stopOn(ending: Ending, server: RunningServer, graceMs: number, log: Log): Promise<number> {
  const { why, exitCode, isReplaced } = ending;
  const how = isReplaced ? 'two signals end' : 'a second signal ends';
  log.info(`${why}: stopping; requests under way may take ${graceMs / 1000} s, ${how} them`);
  const stopped = server.end(graceMs, isReplaced).then(() => exitCode);
  const first = isReplaced ? nextStopSignal() : Promise.resolve(undefined);
  const atOnce = first.then(async (signal) => {
    if (signal) log.info(`${signal.why}: Galley is stopping already, a second signal ends requests under way`);
    await nextStopSignal();
    return 'at once' as const;
  });
  const outcome = await Promise.race([stopped, atOnce]);
  if (outcome === 'at once') return 1;
  log.info('stopped');
  return outcome;
}

function nextStopSignal(): Promise<Ending> {
  const signals = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const each of signals) process.off(each, stop);
      resolve({ why: signal, exitCode: 0, isReplaced: false });
    };
    for (const each of signals) process.on(each, stop);
  });
}
