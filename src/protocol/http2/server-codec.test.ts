import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type CodecMessage,
  type CodecRecorder,
  describeCodec,
  outcomeOf,
} from '../../../test/support/codec-contract.ts';
import { frame, numbers } from '../../../test/support/http2-frames.ts';
import { block, type Fields, getFields, headers, KeptOutput, padded } from '../../../test/support/http2-peer.ts';
import { type Http2Limits, type HttpLimits, http2Limits, httpLimits } from '../../core/limits.ts';
import { clientPreface, Flag, FrameKind } from './codes.ts';
import { Http2Error } from './http2-error.ts';
import { Http2ServerCodec } from './server-codec.ts';

const limits: HttpLimits = { ...httpLimits, maxHeadSize: 2000, maxBodySize: 3000 };
const http2: Http2Limits = { ...http2Limits, maxStreams: 1000, maxSectionExcess: 500 };
const maxSectionSize = 2 * limits.maxHeadSize + http2.maxSectionExcess;

/** A codec that tells a recorder what it reads; its preface has come. */
function recorded(recorder: CodecRecorder): Http2ServerCodec<number> {
  const codec: Http2ServerCodec<number> = new Http2ServerCodec<number>(
    {
      head: ({ id }, { method, target, headers }) => {
        recorder.event(['head', method, target, [...headers]]);
        return id;
      },
      malformed: ({ id }, { code }) => {
        recorder.event(['malformed', code]);
        return id;
      },
      refused: (_, { code }) => recorder.event(['refused', code]),
      body: (_, bytes) => recorder.body(bytes),
      end: (_, trailers) => recorder.event(['end', [...trailers]]),
      reset: (_, code, isPeer) => recorder.event(['reset', code, isPeer]),
      windowOpened: () => recorder.event('window'),
      connectionWindowOpened: () => recorder.event('window of all'),
      prioritized: () => recorder.event('priority'),
      goaway: (code) => recorder.event(['goaway', code]),
      acknowledged: (what) => recorder.event(['acknowledged', what]),
    },
    new KeptOutput(),
    { limits, http2 },
  );
  codec.start();
  const before = recorder.events.length;
  codec.receive(Buffer.concat([clientPreface, frame(FrameKind.settings, 0, 0)]));
  recorder.events.length = before;
  return codec;
}

// Each message is another stream whenever its bytes are asked for: that is done in the order in which they are sent.
let lastStream = -1;

const tokenText = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
const valueText = fc.stringMatching(/^([!-~\xa0-\xff]([ -~\xa0-\xff\t]{0,20}[!-~\xa0-\xff])?)?$/);
const fieldsArbitrary: fc.Arbitrary<Fields> = fc.array(
  fc.tuple(
    tokenText.map((name) => `x-${name}`),
    valueText,
  ),
  { maxLength: 5 },
);
const piecesArbitrary = fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }), { maxLength: 4 });

interface Request {
  readonly path: string;
  readonly fields: Fields;
  readonly pieces: readonly string[];
  readonly padding: number | undefined;
  readonly trailers: Fields | undefined;
  /** Where its section is cut in two frames. */
  readonly cut: number | undefined;
}

const messages: fc.Arbitrary<CodecMessage> = fc
  .record({
    path: fc.stringMatching(/^\/[a-z0-9]{0,12}(\?[a-z=&]{0,9})?$/),
    fields: fieldsArbitrary,
    pieces: piecesArbitrary,
    padding: fc.option(fc.nat(20), { nil: undefined }),
    trailers: fc.option(fieldsArbitrary, { nil: undefined }),
    cut: fc.option(fc.nat(), { nil: undefined }),
  })
  .map((request) => ({
    get bytes() {
      lastStream += 2;
      return bytesOf(request, lastStream);
    },
    events: eventsOf(request),
  }));

function bytesOf(request: Request, stream: number): Buffer {
  const { pieces, padding, trailers, cut } = request;
  const section = block([
    [':method', methodOf(request)],
    [':scheme', 'http'],
    [':path', request.path],
    [':authority', 'a.test'],
    ...request.fields,
  ]);
  const end = methodOf(request) === 'GET' ? Flag.endStream : 0;
  const at = cut === undefined ? section.length : 1 + (cut % section.length);
  const frames = [
    frame(FrameKind.headers, cut === undefined ? end | Flag.endHeaders : end, stream, section.subarray(0, at)),
  ];
  if (cut !== undefined) frames.push(frame(FrameKind.continuation, Flag.endHeaders, stream, section.subarray(at)));
  for (const [index, piece] of pieces.entries()) {
    const isLast = index === pieces.length - 1 && trailers === undefined;
    const content = Buffer.from(piece, 'latin1');
    const flags = isLast ? Flag.endStream : 0;
    frames.push(
      padding === undefined
        ? frame(FrameKind.data, flags, stream, content)
        : padded(FrameKind.data, flags, stream, content, padding),
    );
  }
  if (trailers) frames.push(headers(stream, trailers));
  return Buffer.concat(frames);
}

function eventsOf(request: Request): unknown[] {
  const { path, fields, pieces, trailers } = request;
  const events: unknown[] = [['head', methodOf(request), path, [['host', 'a.test'], ...fields]]];
  if (pieces.length > 0) events.push(['body', pieces.join('')]);
  events.push(['end', trailers ?? []]);
  return events;
}

function methodOf({ pieces, trailers }: Request): string {
  return pieces.length === 0 && trailers === undefined ? 'GET' : 'POST';
}

describeCodec('Http2ServerCodec', {
  create: recorded,
  messages,
  limits: [
    {
      name: 'a frame',
      at: frame(0xf0, 0, 0, Buffer.alloc(http2.maxFrameSize)),
      beyond: frame(0xf0, 0, 0, Buffer.alloc(http2.maxFrameSize + 1)),
    },
    {
      name: 'a field section',
      at: headers(1, [...getFields, ['x', 'a'.repeat(maxSectionSize - block(getFields).length - 6)]]),
      beyond: headers(1, [...getFields, ['x', 'a'.repeat(maxSectionSize - block(getFields).length - 5)]]),
    },
  ],
  maxBuffered: http2.maxFrameSize + 9 + maxSectionSize,
});

const anyKind = fc.oneof(fc.constantFrom(...Object.values(FrameKind)), fc.nat(255));
const soup = fc.array(
  fc
    .tuple(anyKind, fc.nat(255), fc.constantFrom(0, 1, 1, 3, 5, 2, 2 ** 31 - 1), fc.uint8Array({ maxLength: 40 }))
    .map(([kind, flags, stream, payload]) => frame(kind, flags, stream, payload)),
  { maxLength: 30 },
);
const sensible = fc.oneof(
  messages.map(({ bytes }) => bytes),
  fc.nat(2 ** 31).map((increment) => frame(FrameKind.windowUpdate, 0, 0, numbers(increment))),
  fc.nat(15).map((code) => frame(FrameKind.resetStream, 0, lastStream, numbers(code))),
);

describe('Http2ServerCodec in any weather', () => {
  it('reads any frames, among sensible ones, or throws Http2Error; the same for any cut', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(sensible, soup.map(Buffer.concat)), { maxLength: 6 }), fc.nat(), (parts, cut) => {
        const bytes = Buffer.concat(parts as Buffer[]);
        const whole = outcomeOf(recorded, [bytes]);
        const at = cut % (bytes.length + 1);
        assert.deepEqual(outcomeOf(recorded, [bytes.subarray(0, at), bytes.subarray(at)]), whole);
      }),
    );
  });

  it('throws the same error again, having written one GOAWAY', () => {
    const output = new KeptOutput();
    const nobody = () => undefined;
    const codec = new Http2ServerCodec<undefined>(
      {
        head: nobody,
        malformed: nobody,
        refused: nobody,
        body: nobody,
        end: nobody,
        reset: nobody,
        windowOpened: nobody,
        connectionWindowOpened: nobody,
        prioritized: nobody,
        goaway: nobody,
        acknowledged: nobody,
      },
      output,
      { limits, http2 },
    );
    assert.throws(() => codec.receive(Buffer.from('GET / HTTP/1.1\r\n')), Http2Error);
    const [goaway, first] = [output.take(), failureOf(() => codec.receive(Buffer.from('x')))];
    assert.equal(goaway[3], FrameKind.goaway);
    assert.equal(
      failureOf(() => codec.end()),
      first,
    );
    assert.equal(output.take().length, 0);
  });
});

function failureOf(call: () => void): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
