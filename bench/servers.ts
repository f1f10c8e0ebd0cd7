import { fileURLToPath } from 'node:url';
import { programPath } from '../test/support/requirements.ts';
import { type BenchCase, hasSite } from './cases.ts';

/** What a server's command line is made from. */
export interface Launch {
  readonly benchCase: BenchCase;
  readonly port: number;
  /** Of Galley; the others have no such thing. */
  readonly frontThreads: number;
  /** The interpreter that has the peers and the frameworks. */
  readonly python: string;
  /** The command runs in it: `appsFolder`, or that of an nginx.conf. */
  readonly folder: string;
}

/**
 * One way to serve an app: as many workers as the case says, no access log, the fastest parts its own packaging brings. Or to serve
 * what an nginx.conf says, with the access log that Debian has; HAProxy, which has none of itself, does without.
 */
export interface BenchServer {
  readonly name: string;
  /** The Python package it comes from; `galley` is this checkout, `nginx` and `haproxy` are Debian's, `node` is what Galley runs on. */
  readonly package: string;
  readonly interfaces: readonly BenchCase['interface'][];
  readonly command: (launch: Launch) => readonly string[];
}

/** Where the apps of all cases are. */
export const appsFolder: string = fileURLToPath(new URL('./apps', import.meta.url));

const bareHttp2 = fileURLToPath(new URL('./peers/node-http2.ts', import.meta.url));
const launcher = fileURLToPath(new URL('../bin/galley.js', import.meta.url));

/** Where a server has a limit of its own, more than any case opens. */
const mostConnections = 16_000;

export const benchServers: readonly BenchServer[] = [
  {
    name: 'galley',
    package: 'galley',
    interfaces: ['asgi', 'websocket', 'wsgi', 'nginx', 'proxy', 'http2'],
    command: (launch) => (hasSite(launch.benchCase) ? galleyNginx(launch) : galley(launch)),
  },
  {
    name: 'nginx',
    package: 'nginx',
    interfaces: ['nginx', 'proxy', 'http2'],
    command: ({ folder }) => nginxCommand(folder),
  },
  {
    name: 'haproxy',
    package: 'haproxy',
    interfaces: ['proxy'],
    command: ({ folder }) => [programPath('haproxy') ?? 'haproxy', '-db', '-f', `${folder}/haproxy.cfg`],
  },
  // No product: what Galley's own HTTP/2 is measured by.
  {
    name: 'node-http2',
    package: 'node',
    interfaces: ['http2'],
    command: ({ benchCase: { load }, port, folder }) => [
      ...[process.execPath, bareHttp2, String(port)],
      ...(load.kind === 'requests' && load.tls ? [folder] : []),
    ],
  },
  // The one of its three WebSocket implementations that it takes by itself.
  {
    name: 'uvicorn',
    package: 'uvicorn',
    interfaces: ['asgi', 'websocket'],
    command: (launch) => [...uvicorn(launch), '--ws', 'websockets-sansio'],
  },
  {
    name: 'uvicorn-websockets',
    package: 'uvicorn',
    interfaces: ['websocket'],
    command: (launch) => [...uvicorn(launch), '--ws', 'websockets'],
  },
  {
    name: 'uvicorn-wsproto',
    package: 'uvicorn',
    interfaces: ['websocket'],
    command: (launch) => [...uvicorn(launch), '--ws', 'wsproto'],
  },
  {
    name: 'gunicorn-asgi',
    package: 'gunicorn',
    interfaces: ['asgi', 'websocket'],
    command: (launch) => [
      ...[...gunicorn(launch), '-k', 'asgi', '--asgi-loop', 'uvloop'],
      ...['--worker-connections', String(mostConnections)],
    ],
  },
  {
    name: 'gunicorn-gthread',
    package: 'gunicorn',
    interfaces: ['wsgi'],
    command: (launch) => [...gunicorn(launch), '-k', 'gthread', '--threads', '4'],
  },
  {
    name: 'granian',
    package: 'granian',
    interfaces: ['asgi', 'websocket', 'wsgi'],
    command: ({ benchCase, port, python }) => [
      ...[python, '-m', 'granian', benchCase.app, '--port', String(port)],
      ...['--workers', String(benchCase.workers), '--no-access-log', '--log-level', 'warning'],
      ...(benchCase.interface === 'wsgi'
        ? ['--interface', 'wsgi', '--blocking-threads', '4']
        : ['--interface', 'asgi', '--loop', 'uvloop', '--backpressure', String(mostConnections)]),
    ],
  },
  {
    name: 'hypercorn',
    package: 'hypercorn',
    interfaces: ['asgi', 'websocket'],
    command: ({ benchCase, port, python }) => [
      ...[python, '-m', 'hypercorn', benchCase.app, '-b', `127.0.0.1:${port}`],
      ...['-w', String(benchCase.workers), '-k', 'uvloop', '--log-level', 'warning'],
    ],
  },
];

function galley({ benchCase, port, python, frontThreads }: Launch): readonly string[] {
  return [
    ...[process.execPath, launcher, benchCase.app, '--app-dir', appsFolder, '--port', String(port)],
    ...['--workers', String(benchCase.workers), '--threads', '4', '--python', python],
    ...['--no-access-log', '--log-level', 'warn'],
    ...(frontThreads > 1 ? ['--front-threads', String(frontThreads)] : []),
  ];
}

/** The very same file as nginx's. */
function galleyNginx({ folder }: Launch): readonly string[] {
  return [process.execPath, launcher, 'nginx', ...nginxArguments(folder)];
}

/** Debian's nginx with the nginx.conf of a folder. */
export function nginxCommand(folder: string): readonly string[] {
  return [programPath('nginx') ?? 'nginx', ...nginxArguments(folder)];
}

function nginxArguments(folder: string): readonly string[] {
  return ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', `${folder}/error.log`, '-g', 'daemon off;'];
}

function uvicorn({ benchCase, port, python }: Launch): readonly string[] {
  return [
    ...[python, '-m', 'uvicorn', benchCase.app, '--port', String(port), '--workers', String(benchCase.workers)],
    ...['--loop', 'uvloop', '--http', 'httptools', '--no-access-log', '--log-level', 'warning'],
  ];
}

/** Without the control socket, which would lie in the user's home folder. */
function gunicorn({ benchCase, port, python }: Launch): readonly string[] {
  return [
    ...[python, '-m', 'gunicorn', benchCase.app, '-b', `127.0.0.1:${port}`, '-w', String(benchCase.workers)],
    ...['--keep-alive', '75', '--log-level', 'warning', '--no-control-socket'],
  ];
}
