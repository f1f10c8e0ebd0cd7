import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../../core/headers.ts';
import { type OutgoingRequestHead, requestHeadSize, writeRequestHead } from './request-writer.ts';

const plain: OutgoingRequestHead = {
  method: 'GET',
  target: '/a?b',
  version: '1.1',
  headers: HeaderList.of([
    ['accept', '*/*'],
    ['host', 'example.com'],
    ['x-text', 'caf\xe9'],
  ]),
  bodyLength: undefined,
  keepsConnection: true,
  upgrade: undefined,
  expectsContinue: false,
  takesTrailers: false,
};

const fixed = 'host: example.com\r\naccept: */*\r\nx-text: caf\xe9\r\n';

function written(changes: Partial<OutgoingRequestHead>): string {
  const head = { ...plain, ...changes };
  const size = requestHeadSize(head);
  const into = Buffer.alloc(size + 3, 'x');
  const end = writeRequestHead(into, 3, head);
  assert.ok(end <= size + 3, `${end - 3} bytes were written, ${size} were said`);
  return into.toString('latin1', 3, end);
}

describe('writeRequestHead', () => {
  it('writes host first, then the other fields in their order', () => {
    assert.equal(written({}), `GET /a?b HTTP/1.1\r\n${fixed}\r\n`);
  });

  it('copies a list that is part of a larger block', () => {
    const { bytes, end } = HeaderList.of([['a', 'b']]);
    const block = Buffer.concat([Buffer.alloc(5, 1), bytes, Buffer.alloc(5, 1)]);
    const headers = HeaderList.ofValidBlock(block, 5, 5 + end);
    assert.equal(written({ headers }), 'GET /a?b HTTP/1.1\r\na: b\r\n\r\n');
  });

  const added: [what: string, changes: Partial<OutgoingRequestHead>, fields: string][] = [
    ['a length', { bodyLength: 12 }, 'content-length: 12\r\n'],
    ['a length of 0', { bodyLength: 0 }, 'content-length: 0\r\n'],
    ['a chunked body', { bodyLength: 'chunked' }, 'transfer-encoding: chunked\r\n'],
    ['an expectation', { bodyLength: 1, expectsContinue: true }, 'content-length: 1\r\nexpect: 100-continue\r\n'],
    ['a last request', { keepsConnection: false }, 'connection: close\r\n'],
    ['trailers', { takesTrailers: true }, 'te: trailers\r\nconnection: te\r\n'],
    [
      'trailers of a last request',
      { takesTrailers: true, keepsConnection: false },
      'te: trailers\r\nconnection: te, close\r\n',
    ],
    ['an upgrade', { upgrade: 'websocket' }, 'upgrade: websocket\r\nconnection: upgrade\r\n'],
    [
      'an upgrade and trailers',
      { upgrade: 'a', takesTrailers: true },
      'te: trailers\r\nupgrade: a\r\nconnection: te, upgrade\r\n',
    ],
  ];
  for (const [what, changes, fields] of added) {
    it(`tells of ${what}`, () => assert.equal(written(changes), `GET /a?b HTTP/1.1\r\n${fixed}${fields}\r\n`));
  }

  it('refuses what would be read as something else', () => {
    for (const changes of [
      { target: '/a b' },
      { target: '/a\r\nx: y' },
      { target: '' },
      { target: '/\u0120' },
      { method: 'GET /' },
      { method: '' },
      { upgrade: 'a\r\nx: y' },
    ]) {
      assert.throws(() => written(changes), { code: 'internal-error' }, JSON.stringify(changes));
    }
    assert.ok(written({ target: '/\xe9' }).startsWith('GET /\xe9 HTTP/1.1\r\n'));
  });

  it('says in HTTP/1.0 that the connection is kept', () => {
    assert.equal(written({ version: '1.0' }), `GET /a?b HTTP/1.0\r\n${fixed}connection: keep-alive\r\n\r\n`);
    assert.equal(
      written({ version: '1.0', keepsConnection: false }),
      `GET /a?b HTTP/1.0\r\n${fixed}connection: close\r\n\r\n`,
    );
  });
});
