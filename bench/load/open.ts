// The load of the cases with open connections, a program of its own: PORT PROTOCOL CONNECTIONS. It opens them all, writes
// OPEN, holds them until its standard input ends, writes RESULT and ends.
import { once } from 'node:events';
import type { OpenResult } from '../open-connections.ts';
import { HeldConnection } from './held-connection.ts';
import type { LongProtocol } from './openings.ts';

/** Below the backlog of every server. */
const atATime = 50;

const [port, protocol, count] = process.argv.slice(2);
const held = Array.from({ length: Number(count) }, () => new HeldConnection());
const waiting = held.values();
const open = async (): Promise<void> => {
  for (const connection of waiting) await connection.open(protocol as LongProtocol, Number(port));
};
await Promise.all(Array.from({ length: atATime }, open));

console.log('OPEN');
process.stdin.resume();
await once(process.stdin, 'end');
const result: OpenResult = {
  lost: held.filter(({ isLost }) => isLost).length,
  events: held.reduce((sum, { events }) => sum + events, 0),
};
console.log(`RESULT ${JSON.stringify(result)}`);
for (const connection of held) connection.close();
