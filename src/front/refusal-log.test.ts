import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLog } from '../observe/log.ts';
import { RefusalLog } from './refusal-log.ts';

it('RefusalLog has so many lines a second, and counts the others', () => {
  const lines: string[] = [];
  const log = createLog(
    { level: 'info' },
    (line) => void lines.push(line),
    () => new Date(),
  );
  const refusals = new RefusalLog(log);
  const flood = (count: number): void => {
    for (let at = 0; at < count; at++) refusals.add('no TLS', '192.0.2.1');
  };
  refusals.sweep(0);
  flood(1_000);
  assert.equal(lines.length, 20);
  assert.match(lines[0] ?? '', /no TLS.*192\.0\.2\.1/);
  refusals.sweep(999);
  flood(1);
  assert.equal(lines.length, 20);
  refusals.sweep(1_000);
  assert.match(lines[20] ?? '', /981 more connections were refused/);
  flood(1);
  refusals.sweep(2_000);
  refusals.sweep(3_000);
  assert.equal(lines.length, 22, 'nothing is told of nothing');
});
