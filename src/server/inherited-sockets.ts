import { closeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Bind } from '../core/bind.ts';
import { bindText, ListenError } from '../front/listen.ts';
import { addressOfDescriptor } from './descriptor-address.ts';

/** The variable by which Galley passes its listening sockets to the process that replaces it: a JSON list of {@link InheritedSocket}. */
export const upgradeVariable = 'GALLEY_UPGRADE_SOCKETS';

/** Who opened a listening socket. The file of a Unix socket is deleted by Galley only where Galley made it. */
export type SocketOrigin = 'galley' | 'systemd';

/** A listening socket that this process was given. */
export interface InheritedSocket {
  readonly fd: number;
  /** What it was opened for; for one of systemd, where it is bound. */
  readonly bind: Bind;
  readonly origin: SocketOrigin;
}

/** What a process was given by the one that started it. */
export interface Inheritance {
  readonly sockets: readonly InheritedSocket[];
  /** An older Galley waits to hear that this one serves: see `tellUpgraded`. */
  readonly isUpgrade: boolean;
}

/** An address to listen on. */
export interface ListenPlan {
  readonly bind: Bind;
  /** Inherited sockets for it, which are to be used in place of opening one; several where front threads shared the port. */
  readonly fds: readonly number[];
  readonly origin: SocketOrigin;
  /** Connections that wait to be accepted; undefined for the usual number. */
  readonly backlog?: number | undefined;
  /** A socket for all IPv6 addresses takes no IPv4 connections. */
  readonly ipv6Only?: boolean;
}

/** Reads which listening sockets this process was given, and removes the variables, so that no child takes them for its own. Throws ListenError. */
export function takeInheritedSockets(environment: NodeJS.ProcessEnv, pid: number): Inheritance {
  const inheritance = readInheritedSockets(environment, pid, addressOfDescriptor);
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', upgradeVariable]) delete environment[name];
  return inheritance;
}

/**
 * What the environment says of listening sockets: by systemd's protocol, sd_listen_fds(3), and from an older Galley.
 * `addressOf` tells where a descriptor listens, undefined where it does not. Throws ListenError.
 */
export function readInheritedSockets(
  environment: Readonly<NodeJS.ProcessEnv>,
  pid: number,
  addressOf: (fd: number) => Bind | undefined,
): Inheritance {
  const json = environment[upgradeVariable];
  const sockets = [...systemdSockets(environment, pid, addressOf), ...(json === undefined ? [] : galleySockets(json))];
  return { sockets, isUpgrade: json !== undefined };
}

/**
 * Where to listen, and with which inherited sockets. Where the addresses are only the default ones, since none was asked for, those
 * of systemd's sockets take their place. Also gives the sockets that fit no address.
 */
export function planListening(
  sockets: readonly InheritedSocket[],
  binds: readonly Bind[],
  areDefault: boolean,
): { readonly plans: readonly ListenPlan[]; readonly unused: readonly InheritedSocket[] } {
  const given = areDefault ? sockets.filter(({ origin }) => origin === 'systemd') : [];
  const wanted = given.length > 0 ? distinct(given.map(({ bind }) => bind)) : binds;
  const left = new Set(sockets);
  const found = wanted.map((bind) => ({ bind, sockets: [] as InheritedSocket[] }));
  // What was opened for an address goes to it before any other that it would serve as well.
  for (const isFor of [isSame, fits]) {
    for (const { bind, sockets: taken } of found) {
      for (const socket of left) {
        if (!isFor(socket.bind, bind)) continue;
        taken.push(socket);
        left.delete(socket);
      }
    }
  }
  const plans = found.map(({ bind, sockets: taken }): ListenPlan => {
    return { bind, fds: taken.map(({ fd }) => fd), origin: taken[0]?.origin ?? 'galley' };
  });
  return { plans, unused: [...left] };
}

/** Which of the inherited sockets of an address one of several front threads listens on: each is listened on by one of them. */
export function fdsOfThread(fds: readonly number[], thread: number, threads: number): readonly number[] {
  return fds.filter((_, index) => index % threads === thread);
}

/** Closes sockets that nobody will listen on. */
export function closeSockets(sockets: readonly InheritedSocket[]): void {
  for (const { fd } of sockets) closeSync(fd);
}

const firstFd = 3; // SD_LISTEN_FDS_START

function systemdSockets(
  environment: Readonly<NodeJS.ProcessEnv>,
  pid: number,
  addressOf: (fd: number) => Bind | undefined,
): InheritedSocket[] {
  const { LISTEN_PID: listenPid, LISTEN_FDS: listenFds = '', LISTEN_FDNAMES: listenNames } = environment;
  if (listenPid === undefined) return [];
  if (!/^\d+$/.test(listenPid)) throw invalid('LISTEN_PID', listenPid, 'a process id');
  if (Number(listenPid) !== pid) return [];
  if (!/^\d{1,4}$/.test(listenFds)) throw invalid('LISTEN_FDS', listenFds, 'a number of descriptors');
  const count = Number(listenFds);
  const names = listenNames?.split(':') ?? [];
  if (listenNames !== undefined && names.length !== count) {
    throw invalid('LISTEN_FDNAMES', listenNames, `${count} names with a colon between`);
  }
  return Array.from({ length: count }, (_, index): InheritedSocket => {
    const fd = firstFd + index;
    const bind = addressOf(fd);
    if (bind) return { fd, bind, origin: 'systemd' };
    const name = names[index] ? ` (${names[index]})` : '';
    throw new ListenError(
      `Cannot use descriptor ${fd}${name} of the service manager: it is no TCP or Unix stream socket that listens. Accept=yes and ListenDatagram= do not work with Galley`,
    );
  });
}

function galleySockets(json: string): InheritedSocket[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  if (!Array.isArray(value) || !value.every(isInheritedSocket)) {
    throw invalid(upgradeVariable, json, 'a list of sockets that Galley made');
  }
  return value;
}

function isInheritedSocket(value: unknown): value is InheritedSocket {
  const { fd, bind, origin } = (value ?? {}) as Partial<InheritedSocket>;
  if (!Number.isInteger(fd) || Number(fd) < firstFd || (origin !== 'galley' && origin !== 'systemd')) return false;
  if (bind?.kind === 'unix') return typeof bind.path === 'string';
  return bind?.kind === 'tcp' && typeof bind.host === 'string' && Number.isInteger(bind.port);
}

function invalid(name: string, value: string, wanted: string): ListenError {
  return new ListenError(`Cannot read ${name}=${JSON.stringify(value)} of the environment: it is not ${wanted}`);
}

function distinct(binds: readonly Bind[]): readonly Bind[] {
  return [...new Map(binds.map((bind) => [bindText(bind), bind])).values()];
}

function isSame(socket: Bind, bind: Bind): boolean {
  return bindText(socket) === bindText(bind);
}

/** Whether a socket that is bound to one address, or was opened for it, serves the other. */
function fits(socket: Bind, bind: Bind): boolean {
  if (socket.kind === 'unix' || bind.kind === 'unix') {
    return socket.kind === 'unix' && bind.kind === 'unix' && resolve(socket.path) === resolve(bind.path);
  }
  return socket.port === bind.port && namesOf(socket.host).includes(bind.host.toLowerCase());
}

/** What people write for an address. One of all IPv6 interfaces takes IPv4 too, unless told not to. */
function namesOf(host: string): readonly string[] {
  if (host === '::') return ['::', '0.0.0.0'];
  if (host === '127.0.0.1' || host === '::1') return [host, 'localhost'];
  return [host.toLowerCase()];
}
