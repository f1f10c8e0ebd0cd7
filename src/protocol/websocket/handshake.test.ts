import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { RequestHead } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import { acceptValue, handshakeAnswer, readHandshake, type WebSocketHandshake } from './handshake.ts';

type Fields = Record<string, string | string[] | undefined>;

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();

/** The head of a valid handshake, with some fields changed, repeated or taken away. */
function headWith(changes: Fields = {}, more: Partial<RequestHead> = {}): RequestHead {
  const fields: Fields = {
    host: 'a',
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': key,
    'sec-websocket-version': '13',
    ...changes,
  };
  const headers = HeaderList.of(
    Object.entries(fields).flatMap(([name, value]) =>
      [value ?? []].flat().map((each): [string, string] => [name, each]),
    ),
  );
  const target = { target: '/', path: '/', query: '', normalizedPath: '/' };
  return { method: 'GET', version: '1.1', headers, ...target, ...more };
}

function handshakeOf(changes: Fields): WebSocketHandshake {
  const result = readHandshake(headWith(changes));
  assert.equal(result?.kind, 'handshake');
  return result as WebSocketHandshake;
}

function refusalOf(changes: Fields, more?: Partial<RequestHead>): number {
  const result = readHandshake(headWith(changes, more));
  assert.equal(result?.kind, 'refusal', JSON.stringify({ changes, ...more }));
  return result?.kind === 'refusal' ? result.status : 0;
}

describe('readHandshake', () => {
  it('recognises a handshake', () => {
    assert.deepEqual(readHandshake(headWith()), { kind: 'handshake', key, subprotocols: [], deflate: undefined });
  });

  it('compares tokens in lists and without case', () => {
    handshakeOf({ upgrade: 'h2c,\tWebSocket', connection: ['keep-alive', 'x , UPGRADE'] });
  });

  it('leaves alone what does not ask for a WebSocket', () => {
    const others: Fields[] = [
      { upgrade: undefined },
      { upgrade: 'h2c' },
      { upgrade: 'websockets' },
      { upgrade: '\xa0websocket' },
      { connection: undefined },
      { connection: 'keep-alive' },
    ];
    for (const changes of others) assert.equal(readHandshake(headWith(changes)), undefined, JSON.stringify(changes));
    for (const version of ['1.0', '2'] as const) assert.equal(readHandshake(headWith({}, { version })), undefined);
  });

  it('refuses another method and a body', () => {
    assert.equal(refusalOf({}, { method: 'POST' }), 400);
    assert.equal(refusalOf({ 'content-length': '1' }), 400);
    assert.equal(refusalOf({ 'transfer-encoding': 'chunked' }), 400);
    handshakeOf({ 'content-length': '0' });
  });

  it('answers another version with the one that it speaks', () => {
    for (const version of ['8', '14', '', undefined]) {
      const result = readHandshake(headWith({ 'sec-websocket-version': version }));
      assert.equal(result?.kind === 'refusal' && result.status, 426);
      assert.equal(result?.kind === 'refusal' && result.headers.get('sec-websocket-version'), '13');
    }
    assert.equal(refusalOf({ 'sec-websocket-version': ['13', '13'] }), 400);
  });

  it('wants one key of 16 bytes', () => {
    const bytes = (count: number) => Buffer.alloc(count, 255).toString('base64');
    for (const wrong of [
      undefined,
      '',
      bytes(15),
      bytes(17),
      bytes(18),
      `${key.slice(0, -1)}A`,
      `-${key.slice(1)}`,
      [key, key],
    ]) {
      assert.equal(refusalOf({ 'sec-websocket-key': wrong }), 400, String(wrong));
    }
    handshakeOf({ 'sec-websocket-key': bytes(16) });
  });

  it('asgi 20: splits subprotocols at commas, over repeated fields', () => {
    const { subprotocols } = handshakeOf({ 'sec-websocket-protocol': ['soap,wamp', ' x.y ,, z'] });
    assert.deepEqual(subprotocols, ['soap', 'wamp', 'x.y', 'z']);
  });

  it('refuses subprotocols that are no tokens or come twice', () => {
    for (const value of ['a b', 'a;b', 'é', 'a,a']) assert.equal(refusalOf({ 'sec-websocket-protocol': value }), 400);
  });

  it('agrees on compression over repeated fields, and refuses what is no list of extensions', () => {
    const offer = ['foo', 'permessage-deflate; server_max_window_bits=10'];
    assert.equal(handshakeOf({ 'sec-websocket-extensions': offer }).deflate?.windowBits, 10);
    assert.equal(handshakeOf({ 'sec-websocket-extensions': 'foo' }).deflate, undefined);
    for (const value of ['', ';', 'a=b']) assert.equal(refusalOf({ 'sec-websocket-extensions': value }), 400);
  });
});

describe('handshakeAnswer', () => {
  it('gives the accept value of RFC 6455 §1.3', () => {
    assert.equal(acceptValue(key, sha1), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    assert.deepEqual(
      [...handshakeAnswer(handshakeOf({}), undefined, HeaderList.empty, sha1)],
      [
        ['upgrade', 'websocket'],
        ['connection', 'Upgrade'],
        ['sec-websocket-accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
      ],
    );
  });

  it('names the subprotocol and the extension', () => {
    const handshake = handshakeOf({
      'sec-websocket-protocol': 'soap, wamp',
      'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
    });
    const answer = handshakeAnswer(handshake, 'wamp', HeaderList.empty, sha1);
    assert.equal(answer.get('sec-websocket-protocol'), 'wamp');
    assert.equal(answer.get('sec-websocket-extensions'), handshake.deflate?.answer);
  });

  it('adds the headers of the app but those that are the handshake itself', () => {
    const appHeaders = HeaderList.of([
      ['Set-Cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['Sec-WebSocket-Protocol', 'evil'],
      ['sec-websocket-extensions', 'permessage-deflate'],
      ['sec-websocket-accept', 'x'],
      ['content-length', '5'],
      ['transfer-encoding', 'chunked'],
      ['connection', 'close'],
      ['upgrade', 'h2c'],
    ]);
    const answer = handshakeAnswer(handshakeOf({}), undefined, appHeaders, sha1);
    assert.deepEqual(
      [...answer].map(([name]) => name),
      ['upgrade', 'connection', 'sec-websocket-accept', 'set-cookie', 'set-cookie'],
    );
  });
});
