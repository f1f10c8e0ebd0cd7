import type { LongProtocol } from './load/openings.ts';

/** HTTP requests of one kind, one after the other on each of 64 connections. */
export interface RequestLoad {
  readonly kind: 'requests';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Size of the request's body, which is that many `x`, in bytes. */
  readonly requestSize: number;
  /** What every answer's body has to be, white space at its end aside (Flask ends JSON with a line feed). */
  readonly answer: string;
}

/** Requests at a constant rate, nine of `/short` to each of `/long`, however fast or slowly they are answered. */
export interface MixedLoad {
  readonly kind: 'mixed';
  /** Kept alive. */
  readonly connections: number;
  readonly requestsPerSecond: number;
  /** A run is at least so long, in seconds: in a short one chance alone makes a worker busier than another by a tenth. */
  readonly leastSeconds: number;
}

/** What the app of a `MixedLoad` answers with its process id. */
export const mixedPaths = { short: '/short', long: '/long' } as const;

/** Text messages over WebSockets, one after the other on each; every one has to come back as it was. */
export interface EchoLoad {
  readonly kind: 'echo';
  readonly connections: number;
  /** In bytes. */
  readonly messageSize: number;
}

/** Connections that stay open: WebSockets without a message, or event streams with an event a second each. */
export interface OpenLoad {
  readonly kind: 'open';
  readonly protocol: LongProtocol;
  readonly connections: number;
}

/** One app under one load. */
export interface BenchCase {
  readonly name: string;
  /** What the server has to have for it; `websocket` is that part of ASGI. */
  readonly interface: 'asgi' | 'websocket' | 'wsgi';
  /** `module:attribute` in `bench/apps`. */
  readonly app: string;
  /** The Python package that the app needs, if any. */
  readonly framework: string | undefined;
  readonly load: RequestLoad | MixedLoad | EchoLoad | OpenLoad;
  /** Worker processes. */
  readonly workers: number;
}

const item = '{"id":42,"name":"Galley","tags":["kitchen","ship"]}';
const get = { kind: 'requests', method: 'GET', path: '/', requestSize: 0, answer: 'Hello, world!' } as const;
const getItem = { ...get, path: '/items/42', answer: item } as const;
const postEcho = { ...get, method: 'POST', requestSize: 1024, answer: 'x'.repeat(1024) } as const;
const asgi = { interface: 'asgi', framework: undefined, workers: 1 } as const;
const wsgi = { interface: 'wsgi', framework: undefined, workers: 1 } as const;
const echo = { ...asgi, interface: 'websocket', app: 'websocket_echo:app' } as const;
/** 70 % of what 8 workers of 4 threads answer when nine requests take 1 ms and the tenth 200 ms. */
const mixed = { kind: 'mixed', connections: 64, requestsPerSecond: 1_072, leastSeconds: 30 } as const;

export const benchCases: readonly BenchCase[] = [
  { ...asgi, name: 'asgi-bare', app: 'asgi_bare:app', load: get },
  { ...asgi, name: 'asgi-10k', app: 'asgi_10k:app', load: { ...get, answer: '0123456789abcdef'.repeat(640) } },
  { ...asgi, name: 'asgi-post-echo', app: 'asgi_post_echo:app', load: postEcho },
  { ...asgi, name: 'fastapi-json', app: 'fastapi_json:app', framework: 'fastapi', load: getItem },
  { ...wsgi, name: 'wsgi-bare', app: 'wsgi_bare:app', load: get },
  { ...wsgi, name: 'flask-json', app: 'flask_json:app', framework: 'flask', load: getItem },
  { ...wsgi, name: 'wsgi-mixed', app: 'wsgi_mixed:app', workers: 8, load: mixed },
  { ...echo, name: 'websocket-echo', load: { kind: 'echo', connections: 32, messageSize: 32 } },
  { ...echo, name: 'websocket-idle', load: { kind: 'open', protocol: 'websocket', connections: 10_000 } },
  {
    ...asgi,
    name: 'event-streams',
    app: 'event_stream:app',
    load: { kind: 'open', protocol: 'event-stream', connections: 1_000 },
  },
];
