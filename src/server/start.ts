import { AppCounters } from '../app/counters.ts';
import { findPython } from '../app/python.ts';
import { AppStartError, StartGivenUp } from '../app/start-error.ts';
import { AppSupervisor } from '../app/supervision/supervisor.ts';
import type { LoadedApp } from '../app/supervision/zygote.ts';
import type { Log, LogThreshold } from '../observe/log.ts';
import { describeStartFailure } from '../site/start-failure.ts';
import { ControlSocketError, type OpenControl, openControl } from './control/control-server.ts';
import { RuntimeFolderError } from './control/runtime-folder.ts';
import type { SharedFrontSettings } from './front-thread.ts';
import { FrontThreads } from './front-threads.ts';
import { gilNote } from './gil-note.ts';
import { closeSockets, planListening, takeInheritedSockets } from './inherited-sockets.ts';
import { postponeMajorCollections } from './major-collections.ts';
import { mostConnections, openFilesLimit } from './most-connections.ts';
import type { ServeOptions } from './options.ts';
import { RunningServer, type ServerParts } from './running-server.ts';
import { sharedNow } from './shared-clock.ts';
import { SocketFolder } from './socket-folder.ts';
import { ServiceManager } from './systemd.ts';
import { tellUpgraded } from './upgrade.ts';
import { watchPythonFiles } from './watch.ts';

/**
 * Starts the app, then listens. `askStop` is called when a stop is wanted over the control socket, or since Galley cannot go on.
 * Throws AppStartError, ListenError, PythonNotFound, ControlSocketError, RuntimeFolderError or SocketFolderError, with nothing left behind.
 */
export async function startServer(
  options: ServeOptions,
  log: Log,
  threshold: LogThreshold,
  askStop: ServerParts['askStop'],
): Promise<RunningServer> {
  postponeMajorCollections();
  const { app } = options;
  const { sockets, isUpgrade } = takeInheritedSockets(process.env, process.pid);
  const { plans, unused } = planListening(sockets, options.binds, options.areBindsDefault);
  closeSockets(unused);
  const python = await findPython(app);
  const now = sharedNow();
  const counters = new AppCounters(options.frontThreads);
  const folder = await SocketFolder.make();
  const fronts = new FrontThreads(frontSettings(options, log), counters, folder.path, log, now, {
    told: (front, message) => supervisor.receive(front, message),
    closed: (front) => supervisor.frontClosed(front),
    opened: (front) => supervisor.frontOpened(front),
    listening: (sockets) => server.listening(sockets),
    failed: (why) => askStop(why, 1),
  });
  const supervisor: AppSupervisor = new AppSupervisor({
    app,
    python: python.path,
    counters,
    fronts,
    folder: folder.path,
    log,
    now,
    failed: (error) => {
      const failure = error && app.reload ? describeStartFailure(error, app.directory) : undefined;
      fronts.announce({ kind: 'start-failure', failure });
    },
  });
  const service = new ServiceManager({
    environment: process.env,
    pid: process.pid,
    send: (text) => supervisor.notify(text),
    nowMicroseconds: () => process.hrtime.bigint() / 1_000n,
  });
  const server: RunningServer = new RunningServer({
    options,
    log,
    threshold,
    python,
    folder,
    fronts,
    supervisor,
    service,
    askStop,
  });
  try {
    await fronts.open();
    const starting = supervisor.start();
    if (app.reload) server.unwatch = watchPythonFiles(app.directory, log, () => void supervisor.restart());
    const first = await (app.reload ? orWaiting(starting, log) : starting);
    server.started(first);
    const note = typeof first === 'object' && gilNote(first);
    if (note) log.info(note);
    await server.listen(plans);
    server.control = await controlOf(server, options, isUpgrade, log);
    // First: the service manager must know of this process when the old one ends.
    service.ready(server.summary);
    if (isUpgrade) {
      server.takeOver();
      tellUpgraded();
    }
    return server;
  } catch (error) {
    await server.end(0);
    throw error;
  }
}

/** Where nobody has asked for the control socket, Galley serves without it where it cannot be opened, as in a read-only container. */
async function controlOf(
  server: RunningServer,
  { controlSocket }: ServeOptions,
  isUpgrade: boolean,
  log: Log,
): Promise<OpenControl | undefined> {
  if (controlSocket === 'off') return undefined;
  try {
    return await openControl(server, controlSocket, isUpgrade);
  } catch (error) {
    if (controlSocket !== 'default') throw error;
    if (!(error instanceof ControlSocketError || error instanceof RuntimeFolderError)) throw error;
    log.warn(`"galley status" and its like cannot reach this Galley: ${error.message}`);
    return undefined;
  }
}

function frontSettings(options: ServeOptions, log: Log): SharedFrontSettings {
  const { app, trustedPeers, accessLog, logLevel, webSocketLimits, webSocketTimeouts } = options;
  return {
    queue: app.queue,
    requestTimeoutMs: app.requestTimeoutMs,
    showsStartFailure: app.reload,
    trustedPeers: trustedPeers?.list,
    accessLog,
    logLevel,
    webSocketLimits,
    webSocketTimeouts,
    maxConnections: connectionsOfThread(options.frontThreads, log),
  };
}

/** Fewer client connections than that at a time are told of: people may want more. */
const fewConnections = 1_000;

function connectionsOfThread(frontThreads: number, log: Log): number {
  const openFiles = openFilesLimit();
  const most = mostConnections(openFiles, frontThreads);
  if (most < fewConnections) {
    const whose = frontThreads === 1 ? '' : ' of each front thread';
    log.warn(
      `at most ${most} client connections${whose} at a time: the limit of open files is ${openFiles} (ulimit -n, LimitNOFILE= of systemd)`,
    );
  }
  return most;
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
