import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyBody } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import type { ExchangeRecord } from '../core/exchange-record.ts';
import { HeaderList } from '../core/headers.ts';
import { AccessLog, combinedFormat, jsonFormat } from './access-log.ts';

const at = new Date(2026, 10, 21, 9, 5, 7);
const connection = {
  scheme: 'http',
  listener: 0,
  client: { address: '127.0.0.1', port: 5 },
  server: { address: '127.0.0.1', port: 80 },
} as const;

function record(agent: string, target = '/a?b'): ExchangeRecord {
  const exchange: Exchange = {
    id: 'x-1',
    connection,
    request: {
      method: 'GET',
      target,
      path: '/a',
      query: 'b',
      normalizedPath: '/a',
      version: '1.1',
      headers: HeaderList.of([
        ['user-agent', agent],
        ['referer', 'http://r/'],
      ]),
    },
    body: emptyBody,
    expectsContinue: false,
    isWebSocket: false,
    queueMs: 1.5,
    inform: () => {},
    observer: undefined,
    onAbort: () => {},
  };
  return { connection, exchange, status: 200, bytes: 12, complete: true, durationMs: 34.56789 };
}

describe('combinedFormat', () => {
  it('writes the combined format with duration and queue time in seconds', () => {
    const line = combinedFormat(record('curl/8'), at);
    assert.match(
      line,
      /^127\.0\.0\.1 - - \[21\/Nov\/2026:09:05:07 [+-]\d{4}\] "GET \/a\?b HTTP\/1\.1" 200 12 "http:\/\/r\/" "curl\/8" 0\.035 0\.002\n$/,
    );
  });

  it('escapes what could forge a line (http.md 263)', () => {
    const line = combinedFormat(record('a"b\\c\xe9'), at);
    assert.ok(line.includes('"a\\x22b\\x5Cc\\xE9"'), line);
  });

  it('writes dashes for a request that was refused before its head was complete', () => {
    const refused: ExchangeRecord = {
      connection,
      exchange: undefined,
      status: 400,
      bytes: 9,
      complete: true,
      durationMs: 0,
    };
    assert.ok(combinedFormat(refused, at).includes('"-" 400 9 "-" "-" 0.000 0.000'));
  });
});

describe('jsonFormat', () => {
  it('writes one object a line, with the request id and times in milliseconds', () => {
    const line = jsonFormat(record('curl "8"'), at);
    assert.equal(line.indexOf('\n'), line.length - 1);
    const parsed = JSON.parse(line);
    assert.equal(parsed.request, 'x-1');
    assert.equal(parsed.durationMs, 34.568);
    assert.equal(parsed.queueMs, 1.5);
    assert.equal(parsed.userAgent, 'curl "8"');
  });
});

describe('AccessLog', () => {
  it('writes the lines of one turn at once', async () => {
    const writes: string[] = [];
    const log = new AccessLog(
      combinedFormat,
      (text) => writes.push(text),
      () => at,
    );
    log.add(record('a'));
    log.add(record('b'));
    assert.equal(writes.length, 0);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(writes.length, 1);
    assert.equal(writes[0]?.split('\n').length, 3);
    log.flush();
    assert.equal(writes.length, 1);
  });
});
