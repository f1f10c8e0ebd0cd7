import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, createServer, type OutgoingHttpHeaders, sensitiveHeaders } from 'node:http2';
import { type AddressInfo, connect as connectSocket, createServer as createSocketServer } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decoded, encoded, type Field } from '../../../../test/support/hpack-sections.ts';
import { FrameReader } from '../../../../test/support/http2-frame-reader.ts';
import { END_HEADERS, END_STREAM, frame } from '../../../../test/support/http2-frames.ts';
import { until } from '../../../../test/support/until.ts';
import { clientPreface, Flag, FrameKind, Setting } from '../codes.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackEncoder } from './hpack-encoder.ts';

const sectionCount = 200;

const name = fc.oneof(
  fc.constantFrom(
    'accept',
    'cache-control',
    'via',
    'x-frame-options',
    'permissions-policy',
    'cookie',
    'accept-charset',
  ),
  fc.constantFrom('link', 'prefer', 'x-request-id', 'x-a', 'x-b', 'x-c', 'x-d', 'x-e', 'x-f', 'x-g'),
  fc.stringMatching(/^x-[a-z0-9_-]{1,20}$/),
);
const value = fc.oneof(
  fc.constantFrom('', '*/*', 'no-cache', 'a', 'max-age=3600, private', 'z'.repeat(500)),
  fc.stringMatching(/^[!-~\xa0-\xff]([ -~\xa0-\xff]{0,60}[!-~\xa0-\xff])?$/),
);
const section = fc.uniqueArray(fc.tuple(name, value), { maxLength: 15, selector: ([text]) => text });

/** The fields of each section, behind those that a request must have. */
function sectionsOf(seed: number): (readonly Field[])[] {
  const sections = fc.sample(section, { numRuns: sectionCount, seed });
  return sections.map((fields, at) => [
    [':method', at % 3 === 0 ? 'POST' : 'GET'],
    [':scheme', 'http'],
    [':authority', 'example.com:8080'],
    [':path', at % 2 === 0 ? '/' : `/${at}?a=%C3%A4`],
    ...fields,
  ]);
}

/** Sizes that a table has in turn, one for each so many sections. */
const tableSizes = [4096, 100, 0, 65_536, 300, 4096, 1000, 33];
const turns = sectionCount / tableSizes.length;

/** What nghttp2, through Node's http2, understands of what is encoded here, and the other way around. */
describe('HPACK beside nghttp2', () => {
  for (const seed of [1, 2]) {
    it(`is decoded by it, seed ${seed}`, async () => {
      const server = createServer({ settings: { headerTableSize: tableSizes[0]! } });
      const heard: Field[][] = [];
      const failures: unknown[] = [];
      server.on('sessionError', (error) => failures.push(error));
      server.on('session', (session) => {
        session.on('stream', (stream, _headers, _flags, raw) => {
          const pairs: Field[] = [];
          for (let at = 0; at < raw.length; at += 2) pairs.push([raw[at]!, raw[at + 1]!]);
          heard.push(pairs);
          stream.respond({ ':status': 204 }, { endStream: true });
          if (heard.length % turns === 0 && heard.length < sectionCount) {
            session.settings({ headerTableSize: tableSizes[heard.length / turns]! });
          }
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const socket = connectSocket((server.address() as AddressInfo).port, '127.0.0.1');
      const encoder = new HpackEncoder(16_384);
      const frames = new FrameReader();
      const sections = sectionsOf(seed);
      let sent = 0;
      let sizes = 0;
      const send = (): void => {
        for (let count = 0; count < turns; count++, sent++) {
          const bytes = encoded(encoder, sections[sent]!);
          socket.write(frame(FrameKind.headers, END_HEADERS | END_STREAM, 2 * sent + 1, bytes));
        }
      };
      socket.on('error', (error) => failures.push(error));
      socket.on('data', (chunk) => {
        for (const { type, flags, payload } of frames.read(chunk as Buffer)) {
          if (type === FrameKind.goaway) failures.push(`GOAWAY ${payload.toString('latin1')}`);
          if (type !== FrameKind.settings || (flags & Flag.ack) !== 0) continue;
          for (let at = 0; at < payload.length; at += 6) {
            if (payload.readUInt16BE(at) === Setting.headerTableSize)
              encoder.peerTableSize = payload.readUInt32BE(at + 2);
          }
          socket.write(frame(FrameKind.settings, Flag.ack, 0));
          sizes++;
          send();
        }
      });
      socket.write(Buffer.concat([clientPreface, frame(FrameKind.settings, 0, 0)]));
      try {
        await until(
          () => heard.length === sectionCount || failures.length > 0,
          () => `${heard.length} of ${sent} sections are heard`,
        );
        assert.deepEqual(failures, []);
        assert.equal(sizes, tableSizes.length);
        assert.deepEqual(heard, sections);
      } finally {
        socket.destroy();
        server.close();
      }
    });

    it(`decodes what that encodes, seed ${seed}`, async () => {
      const decoder = new HpackDecoder(4096);
      const heard: (Field | 'tooLarge')[][] = [];
      const failures: unknown[] = [];
      const acknowledged: number[] = [];
      const asked: number[] = [];
      const server = createSocketServer((socket) => {
        const frames = new FrameReader(clientPreface.length);
        let gathered: Buffer[] = [];
        const ask = (size: number): void => {
          const setting = Buffer.alloc(6);
          setting.writeUInt16BE(Setting.headerTableSize);
          setting.writeUInt32BE(size, 2);
          asked.push(size);
          socket.write(frame(FrameKind.settings, 0, 0, setting));
        };
        const take = (section: Buffer): void => {
          try {
            heard.push(decoded(decoder, section));
          } catch (error) {
            failures.push(error);
          }
          if (heard.length % turns === 0 && heard.length < sectionCount) ask(tableSizes[heard.length / turns]!);
        };
        ask(tableSizes[0]!);
        socket.on('error', (error) => failures.push(error));
        socket.on('data', (chunk) => {
          for (const { type, flags, stream, payload } of frames.read(chunk as Buffer)) {
            if (type === FrameKind.settings && (flags & Flag.ack) === 0)
              socket.write(frame(FrameKind.settings, Flag.ack, 0));
            if (type === FrameKind.settings && (flags & Flag.ack) !== 0) {
              const size = asked[acknowledged.length]!;
              acknowledged.push(size);
              decoder.maxTableSize = size;
            }
            if (type !== FrameKind.headers && type !== FrameKind.continuation) continue;
            assert.equal(flags & Flag.padded, 0);
            gathered.push((flags & Flag.priority) !== 0 && type === FrameKind.headers ? payload.subarray(5) : payload);
            if ((flags & Flag.endHeaders) === 0) continue;
            take(Buffer.concat(gathered));
            gathered = [];
            socket.write(frame(FrameKind.headers, END_HEADERS | END_STREAM, stream, Buffer.from([0x89])));
          }
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
        settings: { headerTableSize: 65_536 },
        maxDeflateDynamicTableSize: 65_536,
      });
      client.on('error', (error) => failures.push(error));
      const sections = sectionsOf(seed);
      try {
        for (let sent = 0; sent < sectionCount; sent++) {
          // Each turn waits until its size of the table is agreed on.
          if (sent % turns === 0) {
            await until(
              () => (heard.length === sent && acknowledged.length === sent / turns + 1) || failures.length > 0,
              () => `${heard.length} of ${sent} sections are heard, ${acknowledged.length} sizes acknowledged`,
            );
          }
          if (failures.length > 0) break;
          request(client, sections[sent]!);
        }
        await until(() => heard.length === sectionCount || failures.length > 0, 'all sections are heard');
        assert.deepEqual(failures, []);
        assert.deepEqual(heard, sections);
      } finally {
        client.destroy();
        server.close();
      }
    });
  }
});

function request(client: ClientHttp2Session, fields: readonly Field[]): void {
  const headers: OutgoingHttpHeaders = { ...Object.fromEntries(fields), [sensitiveHeaders]: ['x-a'] };
  const stream = client.request(headers, { endStream: true });
  stream.on('error', () => {});
  stream.resume();
}
