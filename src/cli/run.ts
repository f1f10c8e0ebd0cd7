import { createLog, type Log, type LogThreshold } from '../observe/log.ts';
import type { ServeOptions } from '../server/options.ts';
import type { RunningServer } from '../server/running-server.ts';
import { startServer } from '../server/start.ts';
import { UpgradeError } from '../server/upgrade.ts';
import { banner } from './banner.ts';
import { startFailureText } from './start-failure.ts';
import { terminalWatch } from './terminal-watch.ts';

/** Why a server is to end: what it says of that in the log, and whether another process has taken over. */
interface Ending {
  readonly why: string;
  readonly isReplaced: boolean;
}

/** Serves until it is told to stop. Gives the exit code: 0 after an orderly stop, 1 where it could not start or was stopped at once. */
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
  const askStop = (why: string): void => asked.resolve({ why, isReplaced: false });
  let server: RunningServer;
  try {
    const started = startServer(options, log, threshold, () => askStop('galley stop'));
    process.on('SIGHUP', (signal) => {
      if (isTerminalGone()) askStop(signal);
      // One that comes during the start is for what was changed since it began.
      else started.then((running) => running.reload()).catch(() => {});
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
  listenToSignals(server, log, (pid) => asked.resolve({ why: `process ${pid} has taken over`, isReplaced: true }));
  if (options.logLevel === 'info' || options.logLevel === 'debug') {
    process.stderr.write(banner(options, server, performance.now()));
  }
  return stopOn(await ending, server, options.app.gracefulTimeoutMs, log);
}

/** What signals do that do not stop. */
function listenToSignals(server: RunningServer, log: Log, replaced: (pid: number) => void): void {
  process.on('SIGTTIN', () => server.scaleBy(1));
  process.on('SIGTTOU', () => server.scaleBy(-1));
  process.on('SIGUSR1', () =>
    log.info('SIGUSR1: there are no log files to open again, logs go to the standard streams'),
  );
  process.on('SIGUSR2', () => {
    log.info('SIGUSR2: starting a new Galley that takes the listening sockets over');
    server.upgrade().then(replaced, (error: unknown) => {
      if (!(error instanceof UpgradeError)) throw error;
      log.error(error.message);
    });
  });
}

/** The first signal lets requests end; a second one does not wait. */
async function stopOn({ why, isReplaced }: Ending, server: RunningServer, graceMs: number, log: Log): Promise<number> {
  log.info(`${why}: stopping; requests under way may take ${graceMs / 1000} s, a second signal ends them`);
  const stopped = server.end(graceMs, isReplaced).then(() => 0);
  const atOnce = nextStopSignal().then(() => 1);
  const code = await Promise.race([stopped, atOnce]);
  if (code === 0) log.info('stopped');
  return code;
}

function nextStopSignal(): Promise<Ending> {
  const signals = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const each of signals) process.off(each, stop);
      resolve({ why: signal, isReplaced: false });
    };
    for (const each of signals) process.on(each, stop);
  });
}
