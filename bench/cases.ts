import type { LongProtocol } from './load/openings.ts';
import { files, page } from './nginx/site.ts';

/** HTTP requests of one kind: one after the other on each of 64 connections, or of HTTP/2 ten at a time on each of 8. */
export interface RequestLoad {
  readonly kind: 'requests';
  readonly protocol: 'http/1.1' | 'h2';
  readonly tls: boolean;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Size of the request's body, which is that many `x`, in bytes. */
  readonly requestSize: number;
  /**
   * What every answer's body has to be, white space at its end aside (Flask ends JSON with a line feed); undefined where each server
   * has one of its own.
   */
  readonly answer: string | undefined;
  readonly status: number;
  /** How the answer has to be compressed, if at all. */
  readonly encoding: 'gzip' | undefined;
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

/** Full handshakes of TLS 1.3, one after the other on so many connections. */
export interface HandshakeLoad {
  readonly kind: 'handshakes';
  readonly connections: number;
}

/** One app under one load. */
export interface BenchCase {
  readonly name: string;
  /**
   * What the server has to have for it; `websocket` is that part of ASGI, `nginx` that it reads nginx.conf, `proxy` that it passes
   * requests on, `http2` that it answers a small text itself.
   */
  readonly interface: 'asgi' | 'websocket' | 'wsgi' | 'nginx' | 'proxy' | 'http2';
  /** `module:attribute` in `bench/apps`; of nginx and proxies a file in `bench/nginx`, which HAProxy has its own of. */
  readonly app: string;
  /** The Python package that the app needs, if any. */
  readonly framework: string | undefined;
  readonly load: RequestLoad | MixedLoad | EchoLoad | OpenLoad | HandshakeLoad;
  /** What nginx serves behind a proxy: a file in `bench/nginx`. */
  readonly upstream: string | undefined;
  /** Worker processes; of nginx and proxies none, they have as many as Galley has front threads. */
  readonly workers: number;
  /** How long a measured run is where nothing else is asked for. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** Whether there is an nginx.conf, which lies in a folder with what is served. */
export function hasSite({ interface: needed }: BenchCase): boolean {
  return needed === 'nginx' || needed === 'proxy' || needed === 'http2';
}

const item = '{"id":42,"name":"Galley","tags":["kitchen","ship"]}';
const http1 = { kind: 'requests', protocol: 'http/1.1', tls: false } as const;
const plain = { ...http1, method: 'GET', requestSize: 0, status: 200, encoding: undefined } as const;
const get = { ...plain, path: '/', answer: 'Hello, world!' } as const;
const getItem = { ...get, path: '/items/42', answer: item } as const;
const postEcho = { ...get, method: 'POST', requestSize: 1024, answer: 'x'.repeat(1024) } as const;
const app = { framework: undefined, upstream: undefined, workers: 1, seconds: 5, warmUpSeconds: 2 } as const;
const asgi = { ...app, interface: 'asgi' } as const;
const wsgi = { ...app, interface: 'wsgi' } as const;
const nginx = { ...app, interface: 'nginx', app: 'default.conf', workers: 0, seconds: 2, warmUpSeconds: 1 } as const;
// The way of a proxied request is long: it takes V8 some seconds to compile all of it.
const proxy = { ...nginx, interface: 'proxy', upstream: 'upstream.conf', seconds: 5, warmUpSeconds: 4 } as const;
// Node's TLS takes some seconds to be compiled, too.
const tls = { ...nginx, app: 'tls.conf', seconds: 5, warmUpSeconds: 4 } as const;
const http2 = { ...tls, interface: 'http2' } as const;
const html = { ...plain, path: '/page.html', answer: page.trimEnd(), encoding: 'gzip' } as const;
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
  { ...nginx, name: 'nginx-return', app: 'return.conf', load: get },
  { ...nginx, name: 'static-1k', load: { ...plain, path: '/1k.css', answer: files['1k.css'] } },
  { ...nginx, name: 'static-10k', load: { ...plain, path: '/10k.css', answer: files['10k.css'] } },
  { ...nginx, name: 'static-1m', load: { ...plain, path: '/1m.jpg', answer: files['1m.jpg'] } },
  { ...nginx, name: 'gzip-100k', load: html },
  { ...nginx, name: 'gzip-made', app: 'made.conf', load: html },
  { ...nginx, name: 'nginx-404', load: { ...plain, path: '/nothing', status: 404, answer: undefined } },
  {
    ...nginx,
    name: 'nginx-limit-req',
    app: 'limit-req.conf',
    load: { ...plain, path: '/1k.css', answer: files['1k.css'] },
  },
  {
    ...nginx,
    name: 'nginx-rewrite',
    app: 'rewrite.conf',
    load: { ...plain, path: '/p/42/copper-kettle', answer: 'product 42 in product' },
  },
  { ...proxy, name: 'proxy-1k', app: 'proxy.conf', load: { ...plain, path: '/1k', answer: files['1k.css'] } },
  { ...proxy, name: 'cache-10k', app: 'cache.conf', load: { ...plain, path: '/10k.css', answer: files['10k.css'] } },
  { ...tls, name: 'tls-handshake', load: { kind: 'handshakes', connections: 16 } },
  { ...tls, name: 'https', load: { ...get, tls: true } },
  { ...http2, name: 'http2', app: 'http2.conf', load: { ...get, protocol: 'h2' } },
  { ...http2, name: 'http2-tls', app: 'http2-tls.conf', load: { ...get, protocol: 'h2', tls: true } },
];
