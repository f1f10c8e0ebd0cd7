import { randomBytes } from 'node:crypto';
import { findPython } from '../app/python.ts';
import { AppSupervisor } from '../app/supervisor.ts';
import type { LoadedApp } from '../app/zygote.ts';
import { appShutdownMs } from '../core/limits.ts';
import { Front } from '../front/front.ts';
import type { Bind } from '../front/listen.ts';
import { AccessLog, combinedFormat, jsonFormat } from '../observe/access-log.ts';
import type { Log } from '../observe/log.ts';
import { createSite } from '../site/site.ts';
import type { ServeOptions } from './options.ts';
import { watchPythonFiles } from './watch.ts';

/** A server that answers requests. */
export interface RunningServer {
  /** Where it listens, with the ports it really has. */
  readonly binds: readonly Bind[];
  readonly app: LoadedApp;
  /** Which interpreter runs the app and why that one, in a few words. */
  readonly python: { readonly path: string; readonly origin: string };
  readonly workerPids: readonly number[];
  /** Starts the app anew beside the old version and swaps them; a failure is logged and the old one serves on. */
  reload(): Promise<void>;
  /** Ends requests under way, at most so long, then the app. */
  stop(graceMs: number): Promise<void>;
}

/** Starts the app, then listens. Throws AppStartError, ListenError or PythonNotFound, with nothing left behind. */
export async function startServer(
  options: ServeOptions,
  log: Log,
  writeAccessLog: (text: string) => void,
): Promise<RunningServer> {
  const python = await findPython(options.app);
  const now = (): number => performance.now();
  const supervisor = new AppSupervisor(options.app, python.path, log, now);
  const app = await supervisor.start();
  const accessLog = createAccessLog(options.accessLog, writeAccessLog);
  const front = new Front({
    handle: createSite((exchange) => supervisor.dispatch(exchange)),
    log,
    done: accessLog && ((record) => accessLog.add(record)),
    idPrefix: randomBytes(4).toString('hex'),
    trustedPeers: options.trustedPeers,
    webSocketLimits: options.webSocketLimits,
    webSocketTimeouts: options.webSocketTimeouts,
  });
  const reload = (): Promise<void> => supervisor.reload(options.gracefulTimeoutMs);
  let unwatch: (() => void) | undefined;

  const stop = async (graceMs: number): Promise<void> => {
    unwatch?.();
    const deadline = now() + graceMs;
    const cut = await front.close(graceMs);
    if (cut > 0) log.warn(`${cut} connections had not ended after ${graceMs} ms and were cut`);
    await supervisor.stop(Math.max(Math.min(graceMs, appShutdownMs), deadline - now()));
    accessLog?.flush();
  };

  try {
    const binds: Bind[] = [];
    for (const bind of options.binds) binds.push(await front.listen(bind));
    if (options.reload) unwatch = watchPythonFiles(options.app.directory, log, () => void reload());
    return { binds, app, python, workerPids: supervisor.workerPids, reload, stop };
  } catch (error) {
    await stop(0);
    throw error;
  }
}

function createAccessLog(kind: ServeOptions['accessLog'], write: (text: string) => void): AccessLog | undefined {
  if (kind === 'off') return undefined;
  return new AccessLog(kind === 'json' ? jsonFormat : combinedFormat, write, () => new Date());
}
