// The load of tls-handshake, a program of its own so that it has a CPU to itself: PORT CONNECTIONS SECONDS. Each connection ends when the
// server has sent a session, which it does when it has seen the client's part of the handshake, and the next one is opened; none resumes it.
import { once } from 'node:events';
import { connect, createSecureContext } from 'node:tls';
import { percentile } from '../../test/support/load-report.ts';
import type { LoadResult } from '../run-load.ts';

const [port = 0, connections = 0, seconds = 0] = process.argv.slice(2).map(Number);
// One group, so that each server computes the same.
const secureContext = createSecureContext({ minVersion: 'TLSv1.3', ecdhCurve: 'X25519' });
const begin = performance.now();
const latenciesMs: number[] = [];
let failed = 0;

async function handshake(): Promise<void> {
  const opened = performance.now();
  const socket = connect({ host: '127.0.0.1', port, secureContext, rejectUnauthorized: false });
  try {
    await once(socket, 'session');
    latenciesMs.push(performance.now() - opened);
  } catch {
    failed++;
  }
  socket.destroy();
}

async function handshakes(): Promise<void> {
  while (performance.now() - begin < seconds * 1_000) await handshake();
}

await Promise.all(Array.from({ length: connections }, handshakes));
const us = (share: number): number => Math.round(percentile(latenciesMs, share) * 1_000);
const result: LoadResult = {
  answers: latenciesMs.length,
  durationUs: Math.round((performance.now() - begin) * 1_000),
  p50Us: us(0.5),
  p99Us: us(0.99),
  badAnswers: 0,
  socketErrors: failed,
};
console.log(`RESULT ${JSON.stringify(result)}`);
