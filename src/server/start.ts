import { ControlSocketError, type OpenControl, openControl } from './control/control-server.ts';
import { RuntimeFolderError } from './control/runtime-folder.ts';
import type { SharedFrontSettings } from './front-thread.ts';
import { FrontThreads } from './front-threads.ts';
import { closeSockets, planListening, takeInheritedSockets } from './inherited-sockets.ts';
import { postponeMajorCollections } from './major-collections.ts';
import { mostConnections, openFilesLimit } from './most-connections.ts';
import type { ServeOptions, ServeSurroundings } from './options.ts';
import { RunningServer } from './running-server.ts';
import { sharedNow } from './shared-clock.ts';
import { SocketFolder } from './socket-folder.ts';
import { tellUpgraded } from './upgrade.ts';

/**
 * Starts the apps, then listens. Throws AppStartError, ListenError, PythonNotFound, ServingError, ControlSocketError, RuntimeFolderError or
 * SocketFolderError, with nothing left behind.
 */
export async function startServer(options: ServeOptions, surroundings: ServeSurroundings): Promise<RunningServer> {
  postponeMajorCollections();
  const { log, askStop } = surroundings;
  for (const note of options.notes) log.warn(note);
  const { sockets, isUpgrade } = takeInheritedSockets(process.env, process.pid);
  const now = sharedNow();
  const folder = await SocketFolder.make();
  const settings = frontSettings(options, surroundings);
  const fronts = new FrontThreads(settings, options.frontThreads, folder.path, log, now, {
    told: (front, app, message) => server.told(front, app, message),
    certificateWanted: (front, wanted) => void server.certificateWanted(front, wanted),
    closed: (front) => server.frontClosed(front),
    opened: (front) => server.frontOpened(front),
    listening: (opened) => server.listening(opened),
    failed: (why) => askStop(why, 1),
  });
  const server: RunningServer = new RunningServer({ options, ...surroundings, folder, fronts, now });
  try {
    await fronts.open();
    await server.start((binds) => {
      const { plans, unused } = planListening(sockets, binds, options.areBindsDefault);
      closeSockets(unused);
      return plans;
    });
    server.control = await controlOf(server, options, isUpgrade, surroundings);
    // First: the service manager must know of this process when the old one ends.
    server.tellReady();
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
  { log }: ServeSurroundings,
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

function frontSettings(options: ServeOptions, { log, threshold }: ServeSurroundings): SharedFrontSettings {
  const { trustedPeers, webSocketLimits, webSocketTimeouts } = options;
  return {
    trustedPeers: trustedPeers === 'site' ? trustedPeers : { list: trustedPeers?.list },
    errorLogs: options.errorLogs,
    logLevel: threshold.level,
    webSocketLimits,
    webSocketTimeouts,
    maxConnections: connectionsOfThread(options, log),
  };
}

/** Fewer client connections than that at a time are told of: people may want more. */
const fewConnections = 1_000;

function connectionsOfThread({ frontThreads, maxConnections }: ServeOptions, log: ServeSurroundings['log']): number {
  const openFiles = openFilesLimit();
  const most = mostConnections(openFiles, frontThreads, maxConnections);
  if (maxConnections === undefined && most < fewConnections) {
    const whose = frontThreads === 1 ? '' : ' of each front thread';
    log.warn(
      `at most ${most} client connections${whose} at a time: the limit of open files is ${openFiles} (ulimit -n, LimitNOFILE= of systemd)`,
    );
  }
  return most;
}
