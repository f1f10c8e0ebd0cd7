import { readFileSync, readlinkSync } from 'node:fs';
import { endianness } from 'node:os';
import type { Bind } from '../core/bind.ts';

/**
 * Where the listening socket behind a descriptor of this process is bound; undefined where the descriptor is not open or is no
 * such socket. It looks at /proc, since to ask the socket itself Node would have to take it over. Linux only.
 */
export function addressOfDescriptor(fd: number): Bind | undefined {
  const [, inode] = /^socket:\[(\d+)\]$/.exec(targetOf(`/proc/self/fd/${fd}`)) ?? [];
  if (inode === undefined) return undefined;
  return (
    findTcpListener(read('/proc/self/net/tcp'), inode) ??
    findTcpListener(read('/proc/self/net/tcp6'), inode) ??
    findUnixListener(read('/proc/self/net/unix'), inode)
  );
}

/** The listening socket with that inode in the text of /proc/net/tcp or tcp6: proc_pid_net(5). */
export function findTcpListener(table: string, inode: string): Bind | undefined {
  const listening = '0A';
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', , state, , , , , , lineInode] = line.trim().split(/ +/);
    if (lineInode !== inode || state !== listening) continue;
    const [address = '', port = ''] = local.split(':');
    return { kind: 'tcp', host: hostOf(address), port: Number.parseInt(port, 16) };
  }
  return undefined;
}

/** The listening stream socket with that inode in the text of /proc/net/unix; the path of an abstract one begins with `@`. */
export function findUnixListener(table: string, inode: string): Bind | undefined {
  for (const line of table.split('\n')) {
    const [, flags = '', type, lineInode, path] =
      /^\S+: [0-9A-F]+ [0-9A-F]+ ([0-9A-F]+) ([0-9A-F]+) [0-9A-F]+ +(\d+) (.+)$/.exec(line) ?? [];
    if (lineInode !== inode || path === undefined) continue;
    const acceptsConnections = 0x10000; // __SO_ACCEPTCON of linux/net.h
    const isStream = Number.parseInt(type ?? '', 16) === 1;
    if (isStream && Number.parseInt(flags, 16) & acceptsConnections) return { kind: 'unix', path };
  }
  return undefined;
}

/** An address as the kernel prints it: 32-bit words in this machine's byte order. */
function hostOf(words: string): string {
  const bytes = Buffer.from(words, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Empty where there is no such table, as without IPv6. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
