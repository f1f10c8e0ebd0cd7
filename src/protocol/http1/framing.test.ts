import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Framing, RequestFraming } from './framing.ts';

function framingOf(fields: readonly (readonly [string, string])[], version: '1.0' | '1.1' = '1.1'): Framing {
  const framing = new RequestFraming(1000, false);
  for (const [name, value] of [['host', 'a'] as const, ...fields]) {
    const bytes = Buffer.from(`${name}\n${value}\n`, 'latin1');
    assert.equal(framing.field(bytes, 0, name.length, name.length + 1, bytes.length - 1), true);
  }
  return framing.decide(version);
}

function refuses(code: string, ...fields: readonly (readonly [string, string])[]): void {
  assert.throws(() => framingOf(fields), { code }, JSON.stringify(fields));
}

describe('RequestFraming', () => {
  it('finds no body where no field announces one', () => {
    assert.deepEqual(framingOf([]), {
      bodyLength: 0,
      keepAlive: true,
      expectsContinue: false,
      hasUpgrade: false,
      hasForwarded: false,
    });
    assert.equal(framingOf([['content-length', '0']]).bodyLength, 0);
  });

  it('reads a content-length of digits, once', () => {
    assert.equal(framingOf([['content-length', '1000']]).bodyLength, 1000);
    assert.equal(framingOf([['content-length', '007']]).bodyLength, 7);
    for (const value of ['', '+5', '-5', '0x5', '5,5', '5 5', '5.0', '1e3', '9007199254740992', '9'.repeat(400)]) {
      refuses('content-length', ['content-length', value]);
    }
    refuses('content-length', ['content-length', '5'], ['content-length', '5']);
  });

  it('refuses a body over the limit at the head', () => {
    refuses('body-too-large', ['content-length', '1001']);
    refuses('body-too-large', ['content-length', '9007199254740991']);
  });

  it('takes chunked and no other coding', () => {
    assert.equal(framingOf([['transfer-encoding', 'chunked']]).bodyLength, 'chunked');
    assert.equal(framingOf([['transfer-encoding', 'CHUNKED']]).bodyLength, 'chunked');
    for (const value of [
      '',
      'identity',
      'xchunked',
      'chunked, gzip',
      'chunked, chunked',
      'identity, chunked',
      'chunked;a=b',
      ', chunked',
      'gzip',
      '"chunked"',
      '\x0bchunked',
      'chunked\xa0',
      '\xa0,chunked',
    ]) {
      refuses('transfer-encoding', ['transfer-encoding', value]);
    }
    refuses('transfer-encoding', ['transfer-encoding', 'chunked'], ['transfer-encoding', 'chunked']);
  });

  it('does not implement a registered coding before chunked', () => {
    refuses('transfer-coding-unknown', ['transfer-encoding', 'gzip, chunked']);
    refuses('transfer-coding-unknown', ['transfer-encoding', 'Deflate ,\tX-GZIP,chunked']);
  });

  it('refuses Transfer-Encoding beside Content-Length and on HTTP/1.0', () => {
    refuses('transfer-encoding', ['transfer-encoding', 'chunked'], ['content-length', '5']);
    refuses('transfer-encoding', ['content-length', '0'], ['transfer-encoding', 'chunked']);
    assert.throws(() => framingOf([['transfer-encoding', 'chunked']], '1.0'), { code: 'transfer-encoding' });
  });

  it('252: needs Host on 1.1 exactly once, and on 1.0 at most once', () => {
    assert.throws(() => new RequestFraming(1, false).decide('1.1'), { code: 'host-header' });
    assert.equal(new RequestFraming(1, false).decide('1.0').bodyLength, 0);
    refuses('host-header', ['host', 'a']);
    assert.throws(() => framingOf([['host', 'a']], '1.0'), { code: 'host-header' });
    refuses('host-header', ['host', '']);
  });

  it('keeps the connection by version and Connection (RFC 9112 §9.3)', () => {
    for (const [version, value, expected] of [
      ['1.1', 'x', true],
      ['1.1', 'close', false],
      ['1.1', 'Close, x', false],
      ['1.1', 'keep-alive, close', false],
      ['1.1', 'closed', true],
      ['1.0', 'x', false],
      ['1.0', 'keep-alive', true],
      ['1.0', 'x ,\tKeep-Alive', true],
      ['1.0', 'keep-alive, close', false],
    ] as const) {
      assert.equal(framingOf([['connection', value]], version).keepAlive, expected, `${version} ${value}`);
    }
    assert.equal(
      framingOf([
        ['connection', 'keep-alive'],
        ['connection', 'close'],
      ]).keepAlive,
      false,
    );
    assert.equal(framingOf([], '1.0').keepAlive, false);
  });

  it('212: frames by Content-Length even where Connection names it', () => {
    assert.deepEqual(
      framingOf([
        ['connection', 'close, Content-Length'],
        ['content-length', '5'],
      ]),
      {
        bodyLength: 5,
        keepAlive: false,
        expectsContinue: false,
        hasUpgrade: false,
        hasForwarded: false,
      },
    );
  });

  it('notes that there is an Upgrade', () => {
    assert.equal(framingOf([['upgrade', 'websocket']]).hasUpgrade, true);
    for (const name of ['upgrad', 'upgrades', 'downgra']) {
      assert.equal(framingOf([[name, 'websocket']]).hasUpgrade, false, name);
    }
  });

  it('notes that a field tells of forwarding', () => {
    for (const name of ['forwarded', 'x-real-ip', 'x-forwarded-by', 'x-forwarded-for', 'x-forwarded-proto']) {
      assert.equal(framingOf([[name, 'a']]).hasForwarded, true, name);
    }
    assert.equal(framingOf([['from', 'a']]).hasForwarded, false);
  });

  it('forgets the fields of one request before the next', () => {
    const framing = new RequestFraming(1000, false);
    for (const name of ['upgrade', 'x-real-ip']) {
      framing.field(Buffer.from(`${name}a`), 0, name.length, name.length, name.length + 1);
    }
    framing.reset();
    const { hasUpgrade, hasForwarded } = framing.decide('1.0');
    assert.deepEqual({ hasUpgrade, hasForwarded }, { hasUpgrade: false, hasForwarded: false });
  });

  it('expects 100 where there is a body to wait for', () => {
    assert.equal(
      framingOf([
        ['expect', '100-Continue'],
        ['content-length', '5'],
      ]).expectsContinue,
      true,
    );
    assert.equal(
      framingOf([
        ['expect', '100-continue'],
        ['transfer-encoding', 'chunked'],
      ]).expectsContinue,
      true,
    );
    assert.equal(framingOf([['expect', '100-continue']]).expectsContinue, false);
  });

  it('210: ignores Expect on HTTP/1.0', () => {
    assert.equal(
      framingOf(
        [
          ['expect', '100-continue'],
          ['content-length', '5'],
        ],
        '1.0',
      ).expectsContinue,
      false,
    );
    assert.equal(
      framingOf(
        [
          ['expect', 'y'],
          ['content-length', '5'],
        ],
        '1.0',
      ).expectsContinue,
      false,
    );
  });

  it('211: meets no other expectation, and none that comes twice', () => {
    for (const value of ['y 100-continue', '', '100-continue, 100-continue', '100-continued', '200-ok']) {
      refuses('expectation-unknown', ['expect', value]);
    }
    refuses('expectation-unknown', ['expect', '100-continue'], ['expect', '100-continue']);
  });
});
