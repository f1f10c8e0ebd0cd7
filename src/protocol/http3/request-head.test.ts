import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtocolError } from '../../core/errors.ts';
import { httpLimits } from '../../core/limits.ts';
import { RequestSection } from '../http2/request-section.ts';
import { type Http3Fields, readHttp3Head } from './request-head.ts';

const get = { ':method': 'GET', ':scheme': 'https', ':authority': 'a', ':path': '/b?c' };

function read(fields: Http3Fields): ReturnType<typeof readHttp3Head> {
  return readHttp3Head(new RequestSection(httpLimits), fields, httpLimits.maxFieldSize);
}

/** The code of what the client is told instead of an answer. */
function refusal(fields: Http3Fields): string {
  const outcome = read(fields);
  assert.ok(outcome instanceof ProtocolError);
  return outcome.code;
}

describe('readHttp3Head', () => {
  it('reads fields in their order, those of one name as often as they came', () => {
    const head = read({ ...get, 'x-a': ['1', 'é'], 'content-length': '3', cookie: ['a=1', 'b=2'] });
    assert.ok(head && !(head instanceof ProtocolError));
    const { method, path, query, version, bodyLength } = head;
    assert.deepEqual(
      { method, path, query, version, bodyLength },
      { method: 'GET', path: '/b', query: 'c', version: '3', bodyLength: 3 },
    );
    assert.deepEqual(
      [...head.headers],
      [
        ['host', 'a'],
        ['x-a', '1'],
        ['x-a', 'é'],
        ['content-length', '3'],
        ['cookie', 'a=1; b=2'],
      ],
    );
  });

  it('takes no request that HTTP/2 would not take', () => {
    assert.equal(read({ ...get, connection: 'close' }), undefined);
    assert.equal(read({ ...get, 'X-A': '1' }), undefined);
    assert.equal(read({ ...get, ':path': ['/', '/'] }), undefined);
    assert.equal(read({ 'x-a': '1', ...get }), undefined);
    assert.equal(refusal({ ...get, host: 'b' }), 'host-header');
  });

  it('bounds one field, all of them, and their number', () => {
    assert.equal(refusal({ ...get, 'x-a': 'a'.repeat(httpLimits.maxFieldSize) }), 'header-too-large');
    assert.equal(refusal({ ...get, 'x-a': Array.from({ length: 4 }, () => 'a'.repeat(5_000)) }), 'header-too-large');
    assert.equal(
      refusal({ ...get, 'x-a': Array.from({ length: httpLimits.maxFieldCount + 1 }, () => '') }),
      'header-too-large',
    );
  });
});
