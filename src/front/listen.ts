import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, link, stat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Bind } from '../core/bind.ts';
import type { Peer } from '../core/exchange.ts';

/** An address that cannot be listened on; the message says why and what to do. */
export class ListenError extends Error {}

export interface ListenOptions {
  /**
   * For a TCP port that several front threads share: `first` makes sure that nobody else has the port, `join` does not look.
   * The thread that joins needs the port that the first one got. A Unix socket cannot be shared.
   */
  readonly reusePort?: 'first' | 'join' | undefined;
  /** The descriptor of a listening socket, used in place of opening one. It is closed with the server. */
  readonly fd?: number | undefined;
  /** Connections that wait to be accepted. */
  readonly backlog?: number | undefined;
  /** A socket for all IPv6 addresses takes no IPv4 connections. */
  readonly ipv6Only?: boolean;
}

/** Who may connect to a Unix socket: its owner and group, as gunicorn with its usual umask. */
const unixSocketMode = 0o660;

/** Connections that wait to be accepted. As nginx would have it if the kernel's own bound were not below: 4096 on Linux. */
const defaultBacklog = 2048;

/** The paths of Unix sockets. Node knows another one, or none. */
const paths: WeakMap<Server, string> = new WeakMap();

/**
 * Opens a listening socket, or takes one over. Sockets are half-open at a client's end, so that it still gets its answer.
 * To close the server leaves the file of a Unix socket: see SocketFile. Throws {@link ListenError}.
 */
export async function listen(
  bind: Bind,
  accept: (socket: Socket) => void,
  { reusePort, fd, backlog = defaultBacklog, ipv6Only = false }: ListenOptions = {},
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  try {
    if (fd !== undefined) await once(server.listen({ fd }, backlog), 'listening');
    else if (bind.kind === 'unix') await openFile(server, bind.path, backlog);
    else await openPort(server, bind, { backlog, ipv6Only }, reusePort);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const reason = (fd === undefined ? reasons[bind.kind] : inheritedReasons)[code] ?? String(error);
    throw new ListenError(`Cannot listen on ${bindText(bind)}: ${reason}`);
  }
  if (bind.kind === 'unix') paths.set(server, bind.path);
  return server;
}

/** The descriptor of a listening socket, for another process to take over. Throws where there is none. */
export function descriptorOf(server: Server): number {
  const { _handle: handle } = server as { readonly _handle?: { readonly fd?: number } | null };
  if (handle?.fd === undefined || handle.fd < 0) {
    throw new Error('Cannot pass a listening socket on: it is closed, or this Node does not tell its descriptor');
  }
  return handle.fd;
}

/** The address as people write it: a URL, or `unix:` and a path. */
export function bindText(bind: Bind): string {
  if (bind.kind === 'unix') return `unix:${bind.path}`;
  return `${bind.host.includes(':') ? `[${bind.host}]` : bind.host}:${bind.port}`;
}

/** Where a server that {@link listen} made really listens. Throws {@link ListenError} where the descriptor that it was given is of another kind. */
export function boundTo(server: Server): Bind {
  const path = paths.get(server);
  if (path !== undefined) return { kind: 'unix', path };
  const bound = server.address();
  if (bound === null || typeof bound === 'string') {
    throw new ListenError('Cannot listen: the descriptor that this process was given is of no TCP socket');
  }
  return { kind: 'tcp', host: bound.address, port: bound.port };
}

/** The two ends of a client connection. */
export function peersOf(socket: Socket, bind: Bind): { readonly client: Peer; readonly server: Peer } {
  if (bind.kind === 'unix') return { client: { address: '', port: 0 }, server: { address: bind.path, port: 0 } };
  const { remoteAddress = '', remotePort = 0, localAddress = bind.host, localPort = bind.port } = socket;
  return {
    client: { address: plainAddress(remoteAddress), port: remotePort },
    server: { address: plainAddress(localAddress), port: localPort },
  };
}

const reasons: Readonly<Record<Bind['kind'], Readonly<Record<string, string>>>> = {
  tcp: {
    EADDRINUSE: 'another program listens there. Stop it, or choose another address',
    EACCES: 'permission denied. Ports below 1024 need root or the capability to bind them',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'the host name is not known',
  },
  unix: {
    EEXIST: 'a file that is no abandoned socket is there. Stop the program that listens there, or choose another path',
    EACCES: 'the folder of the socket does not exist, or you may not write to it',
    EINVAL: 'the path is too long for a socket; Linux allows about 100 bytes',
  },
};

const inheritedReasons: Readonly<Record<string, string>> = {
  EINVAL: 'the descriptor that this process was given is no listening socket',
  EBADF: 'the descriptor that this process was given is not open',
};

async function openPort(
  server: Server,
  { host, port }: Bind & { readonly kind: 'tcp' },
  options: { readonly backlog: number; readonly ipv6Only: boolean },
  reusePort: ListenOptions['reusePort'],
): Promise<void> {
  if (reusePort === 'first' && port !== 0) await probe(host, port, options.ipv6Only);
  await once(server.listen({ host, port, ...options, reusePort: reusePort !== undefined }), 'listening');
}

/** Throws EADDRINUSE where the port is taken, also by a program that would share it. */
async function probe(host: string, port: number, ipv6Only: boolean): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await once(server.listen({ host, port, ipv6Only }), 'listening');
  await new Promise((resolve) => server.close(resolve));
}

/**
 * Listens under another name and then gives the socket its path. Node deletes what it listens on by that name when the server
 * closes, whosever file is there by then; and so nobody can connect before the file has its mode.
 */
async function openFile(server: Server, path: string, backlog: number): Promise<void> {
  const temporary = `${path}.${randomBytes(2).toString('hex')}`;
  await once(server.listen({ path: temporary, backlog }), 'listening');
  try {
    await chmod(temporary, unixSocketMode);
    await linkOrReplace(temporary, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

async function linkOrReplace(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await isStale(path))) throw error;
    await unlink(path);
    await link(temporary, path);
  }
}

/** A socket file that a program left behind: nobody answers on it. */
async function isStale(path: string): Promise<boolean> {
  if (!(await stat(path)).isSocket()) return false;
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}

/** An IPv4 address that came in on an IPv6 socket is written as IPv4. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
