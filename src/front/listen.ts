import { once } from 'node:events';
import { chmod, stat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Peer } from '../core/exchange.ts';

/** Where to listen. Port 0 takes a free port. */
export type Bind =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** An address that cannot be listened on; the message says why and what to do. */
export class ListenError extends Error {}

/** Who may connect to a Unix socket: its owner and group, as gunicorn with its usual umask. */
const unixSocketMode = 0o660;

/** Opens a listening socket. Sockets are half-open at a client's end, so that it still gets its answer. Throws {@link ListenError}. */
export async function listen(bind: Bind, maxConnections: number, accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  server.maxConnections = maxConnections;
  try {
    await open(server, bind);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (bind.kind === 'unix' && code === 'EADDRINUSE' && (await isStale(bind.path))) {
      await unlink(bind.path);
      await open(server, bind);
    } else {
      throw new ListenError(`Cannot listen on ${bindText(bind)}: ${reasons[code ?? ''] ?? String(error)}`);
    }
  }
  if (bind.kind === 'unix') await chmod(bind.path, unixSocketMode);
  return server;
}

/** The address as people write it: a URL, or `unix:` and a path. */
export function bindText(bind: Bind): string {
  if (bind.kind === 'unix') return `unix:${bind.path}`;
  return `${bind.host.includes(':') ? `[${bind.host}]` : bind.host}:${bind.port}`;
}

/** Where a server really listens. */
export function boundTo(server: Server): Bind {
  const address = server.address();
  if (address === null || typeof address === 'string') return { kind: 'unix', path: address ?? '' };
  return { kind: 'tcp', host: address.address, port: address.port };
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

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there. Stop it, or choose another address with --port or --bind',
  EACCES: 'permission denied. Ports below 1024 need root or the capability to bind them',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host name is not known',
  ENOENT: 'the folder of the socket does not exist',
};

async function open(server: Server, bind: Bind): Promise<void> {
  if (bind.kind === 'unix') server.listen(bind.path);
  else server.listen({ host: bind.host, port: bind.port, backlog: 2048 });
  await once(server, 'listening');
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
