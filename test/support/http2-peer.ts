import { HeaderList, nameAt, nameEnd, valueStart } from '../../src/core/headers.ts';
import { type Http2Limits, type HttpLimits, http2Limits, httpLimits } from '../../src/core/limits.ts';
import { clientPreface, Flag, FrameKind, Http2Code } from '../../src/protocol/http2/codes.ts';
import { HpackDecoder } from '../../src/protocol/http2/hpack/hpack-decoder.ts';
import { Http2ServerCodec } from '../../src/protocol/http2/server-codec.ts';
import type {
  FrameOutput,
  Http2RequestHead,
  Http2ServerSink,
  Http2Stream,
} from '../../src/protocol/http2/server-sink.ts';
import { frame } from './http2-frames.ts';

export type Fields = readonly (readonly [name: string, value: string])[];

/** A request's fields before others. */
export const getFields: Fields = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'a.test'],
];

/** Fields that are written out, in no table (RFC 7541 §6.2.2). */
export function block(fields: Fields): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), string(name), string(value)]));
}

function string(text: string): Buffer {
  const { length } = text;
  const head = length < 127 ? [length] : [127];
  if (length >= 127) {
    let rest = length - 127;
    for (; rest >= 128; rest >>= 7) head.push(128 | (rest & 127));
    head.push(rest);
  }
  return Buffer.concat([Buffer.from(head), Buffer.from(text, 'latin1')]);
}

/** HEADERS that are a whole section. */
export function headers(stream: number, fields: Fields = getFields, flags: number = Flag.endStream): Buffer {
  return frame(FrameKind.headers, flags | Flag.endHeaders, stream, block(fields));
}

export function data(stream: number, content: string | Uint8Array, flags = 0): Buffer {
  return frame(FrameKind.data, flags, stream, Buffer.from(content as string));
}

/** A frame with padding behind its content (RFC 9113 §6.1). */
export function padded(kind: number, flags: number, stream: number, content: Uint8Array, padding: number): Buffer {
  const payload = Buffer.concat([Buffer.from([padding]), content, Buffer.alloc(padding)]);
  return frame(kind, flags | Flag.padded, stream, payload);
}

/** A POST without END_STREAM. */
export function post(stream: number, more: Fields = []): Buffer {
  return headers(stream, [[':method', 'POST'], ...getFields.slice(1), ...more], 0);
}

const kindNames = Object.fromEntries(Object.entries(FrameKind).map(([name, kind]) => [kind, name]));
const codeNames = Object.fromEntries(Object.entries(Http2Code).map(([name, code]) => [code, name]));

/** Keeps what a codec writes. */
export class KeptOutput implements FrameOutput {
  unsent = 0;
  readonly #pieces: Buffer[] = [];
  #reserved: Buffer = Buffer.alloc(0);

  reserve(size: number): { readonly buffer: Buffer; readonly offset: number } {
    // Not at its beginning, and no longer than it was asked for: what a codec writes elsewhere is found.
    this.#reserved = Buffer.alloc(size + 3);
    return { buffer: this.#reserved, offset: 3 };
  }

  commit(end: number): void {
    if (end > this.#reserved.length) throw new Error('More was written than was reserved');
    this.#pieces.push(this.#reserved.subarray(3, end));
  }

  write(bytes: Uint8Array): void {
    this.#pieces.push(Buffer.from(bytes));
  }

  /** What was written since the last time. */
  take(): Buffer {
    return Buffer.concat(this.#pieces.splice(0));
  }
}

export interface PeerTurn {
  readonly stream: Http2Stream;
  readonly id: number;
}

/** A server's codec, the client that it speaks with, and what it told its sink. */
export class Http2Peer {
  readonly codec: Http2ServerCodec<PeerTurn>;
  readonly output: KeptOutput = new KeptOutput();
  /** What the sink was told, one after the other. */
  readonly events: string[] = [];
  readonly heads: Http2RequestHead[] = [];
  readonly turns: PeerTurn[] = [];
  readonly #decoder = new HpackDecoder(4096);

  /** `changes` are called in place of what the sink does. */
  constructor(
    limits: Partial<HttpLimits> = {},
    http2: Partial<Http2Limits> = {},
    changes: Partial<Http2ServerSink<PeerTurn>> = {},
  ) {
    const { events } = this;
    const sink: Http2ServerSink<PeerTurn> = {
      head: (stream, head) => {
        events.push(`head ${stream.id} ${head.method} ${head.target}`);
        this.heads.push(head);
        return this.#turn(stream);
      },
      malformed: (stream, error, method) => {
        events.push(`malformed ${stream.id} ${error.status} ${error.code} ${method}`);
        return this.#turn(stream);
      },
      refused: ({ id }, error) => events.push(`refused ${id} ${error.status}`),
      body: ({ id }, bytes) => events.push(`body ${id} ${Buffer.from(bytes).toString('latin1')}`),
      end: ({ id }, trailers) => events.push(`end ${id}${[...trailers].map((pair) => ` ${pair.join('=')}`).join('')}`),
      reset: ({ id }, code, isPeer) => events.push(`reset ${id} ${codeNames[code]}${isPeer ? ' by the client' : ''}`),
      windowOpened: ({ id, stream }) => events.push(`window ${id} ${this.codec.sendable(stream)}`),
      connectionWindowOpened: () => events.push('window'),
      prioritized: ({ id, stream }) => events.push(`priority ${id} ${stream.urgency} ${stream.isIncremental}`),
      goaway: (code) => events.push(`goaway ${code}`),
      acknowledged: (what) => events.push(`acknowledged ${what}`),
      ...changes,
    };
    this.codec = new Http2ServerCodec(sink, this.output, {
      limits: { ...httpLimits, ...limits },
      http2: { ...http2Limits, ...http2 },
    });
  }

  /** One whose prefaces are done. */
  static open(
    limits: Partial<HttpLimits> = {},
    http2: Partial<Http2Limits> = {},
    changes: Partial<Http2ServerSink<PeerTurn>> = {},
  ): Http2Peer {
    const peer = new Http2Peer(limits, http2, changes);
    peer.codec.start();
    peer.send(clientPreface, frame(FrameKind.settings, 0, 0), frame(FrameKind.settings, Flag.ack, 0));
    peer.output.take();
    peer.events.length = 0;
    return peer;
  }

  send(...bytes: readonly Buffer[]): void {
    this.codec.receive(Buffer.concat(bytes));
  }

  /** What the codec has written since the last time, a text a frame. */
  frames(): string[] {
    const texts: string[] = [];
    const bytes = this.output.take();
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.readUIntBE(at, 3);
      texts.push(this.#text(bytes.subarray(at, at + 9), bytes.subarray(at + 9, at + 9 + length)));
      at += 9 + length;
    }
    return texts;
  }

  #turn(stream: Http2Stream): PeerTurn {
    const turn = { stream, id: stream.id };
    this.turns.push(turn);
    return turn;
  }

  #text(head: Buffer, payload: Buffer): string {
    const kind = head[3] as number;
    const flags = head[4] as number;
    const stream = head.readUInt32BE(5);
    const begin = `${kindNames[kind]} ${stream}`;
    const end = (flags & 1) !== 0 ? ' end' : '';
    switch (kind) {
      case FrameKind.data:
        return `${begin} ${payload.length}${end}`;
      case FrameKind.headers:
        if ((flags & Flag.endHeaders) === 0) return `${begin} ${payload.length} unfinished${end}`;
        return `${begin} ${this.#fields(payload).join(' ')}${end}`;
      case FrameKind.resetStream:
        return `${begin} ${codeNames[payload.readUInt32BE()]}`;
      case FrameKind.goaway:
        return `${begin} ${payload.readUInt32BE()} ${codeNames[payload.readUInt32BE(4)]}`;
      case FrameKind.windowUpdate:
        return `${begin} ${payload.readUInt32BE()}`;
      case FrameKind.settings:
      case FrameKind.ping:
        return `${begin} ${payload.toString('hex')}${end ? ' ack' : ''}`;
      default:
        return `${begin} ${payload.length}`;
    }
  }

  #fields(payload: Buffer): string[] {
    const fields: string[] = [];
    this.#decoder.decode(payload, 0, payload.length, {
      field({ bytes, start, end }) {
        const name = bytes.toString('latin1', start + nameAt, nameEnd(bytes, start));
        fields.push(`${name}=${bytes.toString('latin1', valueStart(bytes, start), end)}`);
      },
      tooLarge() {},
    });
    return fields;
  }
}

/** What an answer gets in tests. */
export const fixed = { date: 'now', server: 'galley', contentLength: undefined } as const;

export const noFields: HeaderList = HeaderList.empty;
