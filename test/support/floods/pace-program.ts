// A process of its own with requests at a fixed pace to a port of 127.0.0.1: PORT cleartext|TLS SECONDS. It says its PaceReport as JSON.
import { connect } from 'node:http2';
import { percentile } from '../load-report.ts';
import type { PaceReport } from './flood-report.ts';

const [port = '', over = '', seconds = ''] = process.argv.slice(2);
const everyMs = 5;
const warmMs = 500;
/** How long the last answers may take. */
const lastMs = 5_000;
const scheme = over === 'TLS' ? 'https' : 'http';
const session = connect(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
await new Promise((resolve, reject) => session.once('connect', resolve).once('error', reject));
session.on('error', () => {});
const latencies: number[] = [];
let failed = 0;
let underWay = 0;
const startedAt = performance.now();
/** Before, this process gets warm, and the other one begins. */
const countsAt = startedAt + warmMs;
const endsAt = countsAt + Number(seconds) * 1_000;
let dueAt = startedAt;
let last: NodeJS.Timeout | undefined;
const pace = setInterval(() => {
  const now = performance.now();
  for (; dueAt <= now && dueAt < endsAt; dueAt += everyMs) ask(dueAt);
  if (now < endsAt) return;
  clearInterval(pace);
  last = setTimeout(finish, lastMs);
  if (underWay === 0) finish();
}, 1);

function ask(due: number): void {
  underWay++;
  const over = (isAnswered: boolean): void => {
    if (!isAnswered) failed++;
    else if (due >= countsAt) latencies.push(performance.now() - due);
    if (--underWay === 0 && last) finish();
  };
  if (session.closed || session.destroyed) {
    over(false);
    return;
  }
  const stream = session.request({ ':path': '/' });
  let status = 0;
  stream.on('response', (headers) => {
    status = Number(headers[':status']);
  });
  stream.on('error', () => {});
  stream.on('close', () => over(status === 200 && stream.rstCode === 0));
  stream.resume();
}

function finish(): void {
  clearTimeout(last);
  const report: PaceReport = {
    answered: latencies.length,
    failed: failed + underWay,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit());
}
