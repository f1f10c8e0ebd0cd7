import { PythonNotFound } from '../app/python.ts';
import { AppStartError } from '../app/start-error.ts';
import { bindText, ListenError } from '../front/listen.ts';
import { createLog, type Log } from '../observe/log.ts';
import type { ServeOptions } from '../server/options.ts';
import { type RunningServer, startServer } from '../server/start.ts';
import { version } from './version.ts';

/** Serves until a signal stops it. Gives the exit code: 0 after an orderly stop, 1 where it could not start or was stopped at once. */
export async function run(options: ServeOptions): Promise<number> {
  const log = createLog(
    options.logLevel,
    (text) => process.stderr.write(text),
    () => new Date(),
  );
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const stopAsked = nextStopSignal();
  let server: RunningServer;
  try {
    const started = startServer(options, log, (text) => process.stdout.write(text));
    const first = await Promise.race([started, stopAsked]);
    if (typeof first === 'string') {
      started.then((late) => late.stop(0)).catch(() => {});
      return 1;
    }
    server = first;
  } catch (error) {
    const text = startFailure(error);
    if (text === undefined) throw error;
    process.stderr.write(text);
    return 1;
  }
  if (options.logLevel === 'info' || options.logLevel === 'debug') process.stderr.write(banner(options, server));
  process.on('SIGHUP', () => void server.reload());
  return stopOn(await stopAsked, server, options.gracefulTimeoutMs, log);
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

/** What a person reads when the server cannot start; undefined for a defect of ours. */
function startFailure(error: unknown): string | undefined {
  if (error instanceof AppStartError)
    return `galley: ${error.message}\n${error.traceback && `\n${error.traceback.trimEnd()}\n`}`;
  if (error instanceof ListenError || error instanceof PythonNotFound) return `galley: ${error.message}\n`;
  return undefined;
}

const interfaceNames = { asgi3: 'ASGI 3', asgi2: 'ASGI 2', wsgi: 'WSGI' } as const;

function banner(options: ServeOptions, server: RunningServer): string {
  const { app, python, binds, workerPids } = server;
  const threads = app.interface === 'wsgi' ? `, ${options.app.threads} threads each` : '';
  const how = app.preloaded ? 'forked with the app imported' : 'each imports the app';
  const addresses = binds.map((bind) => (bind.kind === 'tcp' ? `http://${bindText(bind)}` : bindText(bind)));
  return `Galley ${version}

  App      ${options.app.target}, ${interfaceNames[app.interface]}, in ${options.app.directory}
  Python   ${app.implementation} ${app.python}, ${python.origin}
  Workers  ${workerPids.length}${threads}, ${how}
  Address  ${addresses.join('  ')}

Ready in ${Math.round(performance.now())} ms. Ctrl-C stops it.
`;
}
