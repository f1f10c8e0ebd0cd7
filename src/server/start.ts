import { randomBytes } from 'node:crypto';
import { findPython } from '../app/python.ts';
import { AppStartError, StartGivenUp } from '../app/start-error.ts';
import { AppSupervisor } from '../app/supervision/supervisor.ts';
import type { LoadedApp } from '../app/supervision/zygote.ts';
import type { Handler } from '../core/handler.ts';
import { appShutdownMs } from '../core/limits.ts';
import { Front } from '../front/front.ts';
import type { Bind } from '../front/listen.ts';
import { AccessLog, combinedFormat, jsonFormat } from '../observe/access-log.ts';
import type { Log } from '../observe/log.ts';
import { createSite } from '../site/site.ts';
import { StartErrorPage } from '../site/start-error-page.ts';
import { gilNote } from './gil-note.ts';
import { postponeMajorCollections } from './major-collections.ts';
import type { ServeOptions } from './options.ts';
import { watchPythonFiles } from './watch.ts';

/** A server that answers requests. */
export interface RunningServer {
  /** Where it listens, with the ports it really has. */
  readonly binds: readonly Bind[];
  /** Undefined where it could not start and a change is waited for, with `--reload`. */
  readonly app: LoadedApp | undefined;
  /** Whether there is no app yet since its start was given up for one with a newer version, which is under way. */
  readonly isRestarting: boolean;
  /** Which interpreter runs the app and why that one, in a few words. */
  readonly python: { readonly path: string; readonly origin: string };
  readonly workerPids: readonly number[];
  /** Starts the app anew beside the old version and swaps them; see AppSupervisor. */
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
  postponeMajorCollections();
  const python = await findPython(options.app);
  const now = (): number => performance.now();
  const { directory } = options.app;
  const page = options.app.reload ? new StartErrorPage(directory) : undefined;
  const supervisor = new AppSupervisor(options.app, python.path, log, now, (failure) => page?.show(failure));
  const dispatch: Handler = (exchange) => supervisor.dispatch(exchange);
  const accessLog = createAccessLog(options.accessLog, writeAccessLog);
  const front = new Front({
    handle: createSite(page ? (exchange) => page.answer(exchange) ?? dispatch(exchange) : dispatch),
    log,
    done: accessLog && ((record) => accessLog.add(record)),
    idPrefix: randomBytes(4).toString('hex'),
    trustedPeers: options.trustedPeers,
    webSocketLimits: options.webSocketLimits,
    webSocketTimeouts: options.webSocketTimeouts,
  });
  let unwatch: (() => void) | undefined;

  const stop = async (graceMs: number): Promise<void> => {
    unwatch?.();
    page?.close();
    const deadline = now() + graceMs;
    supervisor.announceStop();
    const cut = await front.close(graceMs);
    if (cut > 0) log.warn(`${cut} connections had not ended after ${graceMs} ms and were cut`);
    await supervisor.stop(Math.max(Math.min(graceMs, appShutdownMs), deadline - now()));
    accessLog?.flush();
  };

  try {
    const starting = supervisor.start();
    if (page) unwatch = watchPythonFiles(directory, log, () => void supervisor.restart(options.app.gracefulTimeoutMs));
    const first = await (page ? orWaiting(starting, log) : starting);
    const isRestarting = first === 'restarting';
    const app = isRestarting ? undefined : first;
    const note = app && gilNote(app);
    if (note) log.info(note);
    const binds: Bind[] = [];
    for (const bind of options.binds) binds.push(await front.listen(bind));
    const reload = (): Promise<void> => supervisor.reload(options.app.gracefulTimeoutMs);
    return { binds, app, isRestarting, python, workerPids: supervisor.workerPids, reload, stop };
  } catch (error) {
    await stop(0);
    throw error;
  }
}

/** The app; undefined where it cannot start, which is said in the log. */
async function orWaiting(starting: Promise<LoadedApp>, log: Log): Promise<LoadedApp | 'restarting' | undefined> {
  try {
    return await starting;
  } catch (error) {
    if (error instanceof StartGivenUp) return 'restarting';
    if (!(error instanceof AppStartError)) throw error;
    const text = error.traceback ? { text: error.traceback } : {};
    log.error(`the app cannot start, the browser shows why until the next change: ${error.message}`, text);
    return undefined;
  }
}

function createAccessLog(kind: ServeOptions['accessLog'], write: (text: string) => void): AccessLog | undefined {
  if (kind === 'off') return undefined;
  return new AccessLog(kind === 'json' ? jsonFormat : combinedFormat, write, () => new Date());
}
