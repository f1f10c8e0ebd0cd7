import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { httpLimits } from '../../core/limits.ts';
import { ChunkedDecoder } from './chunked.ts';

const limits = { ...httpLimits, maxBodySize: 1000, maxChunkExtensionSize: 16, maxTrailerSize: 64, maxFieldCount: 3 };

function decoded(text: string, given = limits): { body: string; trailers: [string, string][]; rest: string } {
  const decoder = new ChunkedDecoder(given);
  const input = Buffer.from(text, 'latin1');
  let body = '';
  const at = decoder.read(input, 0, (bytes) => {
    body += Buffer.from(bytes).toString('latin1');
  });
  assert.notEqual(at, -1, 'the body is not complete');
  return { body, trailers: [...decoder.takeTrailers()], rest: text.slice(at) };
}

function refuses(code: string, ...texts: string[]): void {
  for (const text of texts) assert.throws(() => decoded(text), { code }, JSON.stringify(text));
}

describe('ChunkedDecoder', () => {
  it('joins chunks and leaves what follows', () => {
    assert.deepEqual(decoded('5\r\nhello\r\n06\r\n world\r\n0\r\n\r\nGET'), {
      body: 'hello world',
      trailers: [],
      rest: 'GET',
    });
    assert.equal(decoded('a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n').body.length, 20);
  });

  it('ignores extensions', () => {
    assert.equal(decoded('1;a=b;c="d e"\r\nx\r\n0;last\r\n\r\n').body, 'x');
  });

  it('refuses sizes that are not plain hexadecimal', () => {
    refuses(
      'chunk-framing',
      '0x5\r\nhello',
      '-1\r\n',
      '+1\r\n',
      '5 \r\nhello',
      ' 5\r\n',
      '\r\n',
      ';a\r\n',
      'g\r\n',
      '5_0\r\n',
    );
  });

  it('205: refuses 17 digits and what cannot be counted', () => {
    assert.equal(decoded('0000000000000001\r\nx\r\n0\r\n\r\n').body, 'x');
    refuses('chunk-framing', '00000000000000001\r\nx', 'ffffffffffffffff\r\n', '20000000000000\r\n');
    refuses('body-too-large', '1fffffffffffff\r\n');
  });

  it('ends lines with CRLF alone', () => {
    refuses('chunk-framing', '1\nx\r\n', '1\r\nx\n', '1\rx', '1;a\nx', '1\r\nx\r0', '0\n\r\n');
    refuses('trailer-field', '0\r\n\n', '0\r\na: b\n\r\n', '0\r\n\rx');
  });

  it('refuses data past the size', () => {
    refuses('chunk-framing', '5\r\nhello!\r\n');
  });

  it('refuses control characters in an extension, and long ones', () => {
    refuses('chunk-framing', '1;\0\r\n', '1;a\x7f\r\n', '1;\x1b\r\n', '1;a\rb\r\n');
    assert.equal(decoded(`1;${'x'.repeat(15)}\r\nx\r\n0;${'x'.repeat(15)}\r\n\r\n`).body, 'x');
    refuses('chunk-framing', `1;${'x'.repeat(16)}\r\n`);
  });

  it('refuses a body over the limit before it takes the data', () => {
    assert.equal(decoded(`3e8\r\n${'x'.repeat(1000)}\r\n0\r\n\r\n`).body.length, 1000);
    refuses('body-too-large', '3e9\r\n', `3e8\r\n${'x'.repeat(1000)}\r\n1\r\n`);
  });

  it('206: refuses a million one-byte chunks with extensions', () => {
    const input = Buffer.from('1;234567890123456\r\nx\r\n'.repeat(1000));
    const decoder = new ChunkedDecoder({ ...limits, maxBodySize: 10_000_000 });
    let bytes = 0;
    const count = (length: number): void => {
      bytes += length;
    };
    const flood = (): void => {
      for (let round = 0; round < 1000; round++) decoder.read(input, 0, (data) => count(data.length));
    };
    assert.throws(flood, { code: 'chunk-framing' });
    assert.ok(bytes < 900_000);
  });

  it('counts all bytes of framing', () => {
    const text = '1;ab\r\nx\r\n0\r\n\r\n';
    assert.equal(decoded(text, { ...limits, maxChunkOverhead: 11 }).body, 'x');
    assert.throws(() => decoded(text, { ...limits, maxChunkOverhead: 10 }), { code: 'chunk-framing' });
  });

  it('gives trailers', () => {
    assert.deepEqual(decoded('0\r\nExpires-Not: x\r\nb:\r\n\r\nrest'), {
      body: '',
      trailers: [
        ['expires-not', 'x'],
        ['b', ''],
      ],
      rest: 'rest',
    });
  });

  it('208: drops trailers that would frame, route or authenticate', () => {
    for (const name of [
      'Content-Length',
      'Host',
      'Authorization',
      'Transfer-Encoding',
      'Cookie',
      'Content-Type',
      'TE',
      'Connection',
    ]) {
      assert.deepEqual(decoded(`0\r\n${name}: 5\r\na: b\r\n\r\n`).trailers, [['a', 'b']], name);
    }
  });

  it('207: bounds trailers in number and size', () => {
    assert.equal(decoded('0\r\na:\r\nb:\r\nc:\r\n\r\n').trailers.length, 3);
    refuses('header-too-large', '0\r\na:\r\nb:\r\nc:\r\nd:\r\n\r\n', `0\r\na: ${'x'.repeat(64)}`);
    assert.equal(decoded(`0\r\na:${'x'.repeat(58)}\r\n\r\n`).trailers.length, 1);
    refuses('header-too-large', `0\r\na:${'x'.repeat(59)}\r\n\r\n`);
  });

  it('refuses trailers that are no fields', () => {
    refuses('trailer-field', '0\r\na : b\r\n\r\n', '0\r\n b\r\n\r\n', '0\r\na: \0\r\n\r\n', '0\r\nx\r\n\r\n');
  });
});
