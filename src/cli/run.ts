import { createLog, type Log } from '../observe/log.ts';
import type { ServeOptions } from '../server/options.ts';
import { type RunningServer, startServer } from '../server/start.ts';
import { banner } from './banner.ts';
import { startFailureText } from './start-failure.ts';
import { terminalWatch } from './terminal-watch.ts';

/** Serves until a signal stops it. Gives the exit code: 0 after an orderly stop, 1 where it could not start or was stopped at once. */
export async function run(options: ServeOptions): Promise<number> {
  const log = createLog(
    options.logLevel,
    (text) => process.stderr.write(text),
    () => new Date(),
  );
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const isTerminalGone = terminalWatch();
  const hungUp = Promise.withResolvers<NodeJS.Signals>();
  const stopAsked = Promise.race([nextStopSignal(), hungUp.promise]);
  let server: RunningServer;
  try {
    const started = startServer(options, log, (text) => process.stdout.write(text));
    process.on('SIGHUP', (signal) => {
      if (isTerminalGone()) hungUp.resolve(signal);
      // One that comes during the start is for what was changed since it began.
      else started.then((running) => running.reload()).catch(() => {});
    });
    const first = await Promise.race([started, stopAsked]);
    if (typeof first === 'string') {
      started.then((late) => late.stop(0)).catch(() => {});
      return 1;
    }
    server = first;
  } catch (error) {
    const text = startFailureText(error);
    if (text === undefined) throw error;
    process.stderr.write(text);
    return 1;
  }
  if (options.logLevel === 'info' || options.logLevel === 'debug') {
    process.stderr.write(banner(options, server, performance.now()));
  }
  return stopOn(await stopAsked, server, options.app.gracefulTimeoutMs, log);
}

/** The first signal lets requests end; a second one does not wait. */
async function stopOn(signal: string, server: RunningServer, graceMs: number, log: Log): Promise<number> {
  log.info(`${signal}: stopping; requests under way may take ${graceMs / 1000} s, a second signal ends them`);
  const stopped = server.stop(graceMs).then(() => 0);
  const atOnce = nextStopSignal().then(() => 1);
  const code = await Promise.race([stopped, atOnce]);
  if (code === 0) log.info('stopped');
  return code;
}

function nextStopSignal(): Promise<NodeJS.Signals> {
  const signals = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const each of signals) process.off(each, stop);
      resolve(signal);
    };
    for (const each of signals) process.on(each, stop);
  });
}
