import { ProtocolError } from '../../core/errors.ts';
import { HeaderList } from '../../core/headers.ts';
import { type HttpLimits, sendBufferSize } from '../../core/limits.ts';
import { Flag, FrameKind, Http2Code } from './codes.ts';
import type { ConnectionStreams } from './connection-streams.ts';
import type { FloodGuard } from './flood-guard.ts';
import type { FrameReceiver } from './frame-reader.ts';
import type { FrameWriter } from './frame-writer.ts';
import { Http2Error } from './http2-error.ts';
import { readSettings } from './peer-settings.ts';
import { parsePriority } from './priority.ts';
import type { ResponseSections } from './response-section.ts';
import type { SectionReceiver } from './section-receiver.ts';
import type { Http2ServerSink } from './server-sink.ts';
import type { ServerStream } from './server-stream.ts';

/** What a connection is made of. */
export interface ConnectionParts<Turn> {
  readonly sink: Http2ServerSink<Turn>;
  readonly streams: ConnectionStreams<Turn>;
  readonly sections: SectionReceiver<Turn>;
  readonly answers: ResponseSections;
  readonly writer: FrameWriter;
  readonly guard: FloodGuard;
}

const lastCode = Http2Code.http11Required;

/** What each frame of a client does (RFC 9113 §6). Throws Http2Error for connection errors. */
export class FrameHandler<Turn> implements FrameReceiver {
  /** Whether the client's preface is complete, its SETTINGS with it. */
  hasSettings = false;
  /** PINGs of ours that were not answered. */
  pings = 0;
  readonly #parts: ConnectionParts<Turn>;
  readonly #limits: HttpLimits;
  #isAcknowledged = false;
  /** Whose content comes now; undefined where it is for nobody. */
  #dataStream: ServerStream<Turn> | undefined;
  #dataEnds = false;

  constructor(parts: ConnectionParts<Turn>, limits: HttpLimits) {
    this.#parts = parts;
    this.#limits = limits;
  }

  get isFull(): boolean {
    return this.#parts.writer.hasUnsentSections(sendBufferSize);
  }

  frame(kind: number, flags: number, stream: number, bytes: Buffer, from: number, to: number): void {
    const { sections, sink, guard } = this.#parts;
    const section = sections.stream;
    if (section !== 0 && (kind !== FrameKind.continuation || stream !== section)) {
      throw protocolError('a field section is followed by another frame');
    }
    if (!this.hasSettings && (kind !== FrameKind.settings || (flags & Flag.ack) !== 0)) {
      throw protocolError('the preface does not end with SETTINGS');
    }
    switch (kind) {
      case FrameKind.headers:
        sections.headers(flags, stream, bytes, from, to);
        break;
      case FrameKind.continuation:
        sections.continuation(flags, stream, bytes, from, to);
        break;
      case FrameKind.windowUpdate:
        this.#windowUpdate(stream, bytes, from, to);
        break;
      case FrameKind.resetStream:
        this.#resetStream(stream, bytes, from, to);
        break;
      case FrameKind.settings:
        this.#settings(flags, stream, bytes, from, to);
        break;
      case FrameKind.ping:
        this.#ping(flags, stream, bytes, from, to);
        break;
      case FrameKind.priority:
        this.#priority(stream, to - from);
        break;
      case FrameKind.priorityUpdate:
        this.#priorityUpdate(stream, bytes, from, to);
        break;
      case FrameKind.goaway:
        if (stream !== 0) throw protocolError('GOAWAY is of a stream');
        if (to - from < 8) throw sizeError('GOAWAY');
        guard.control();
        sink.goaway(bytes.readUInt32BE(from + 4));
        break;
      case FrameKind.pushPromise:
        throw protocolError('no client pushes');
      default:
        guard.control();
    }
  }

  dataBegin(flags: number, id: number, length: number, padding: number): void {
    const { streams, sections, guard } = this.#parts;
    this.#dataStream = undefined;
    this.#dataEnds = (flags & Flag.endStream) !== 0;
    if (!this.hasSettings) throw protocolError('the preface does not end with SETTINGS');
    if (sections.stream !== 0) throw protocolError('a field section is followed by another frame');
    if (streams.isIdle(id)) throw protocolError('DATA is of a stream that is not open');
    const size = length - padding;
    if (size === 0 && !this.#dataEnds) guard.emptyFrame();
    streams.received(length);
    const stream = streams.get(id);
    if (!stream) {
      if (size === 0) guard.control();
      streams.dataOfClosed(id);
    } else if (stream.isReceiveClosed) streams.fail(stream, Http2Code.streamClosed);
    else if (this.#takes(stream, length, size)) {
      this.#dataStream = stream;
      streams.giveBack(stream, padding);
      return;
    }
    streams.giveBackConnection(padding);
  }

  dataContent(chunk: Buffer, from: number, to: number): void {
    const stream = this.#dataStream;
    const size = to - from;
    if (stream === undefined || stream.isDiscarding || stream.isReset) {
      this.#parts.streams.giveBackConnection(size);
      return;
    }
    stream.unread += size;
    this.#parts.sink.body(stream.turn as Turn, size === chunk.length ? chunk : chunk.subarray(from, to));
  }

  dataEnd(): void {
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    if (stream && this.#dataEnds && !stream.isReset) this.#parts.streams.endReceiving(stream, HeaderList.empty);
  }

  /** Whether content of so many bytes, in a frame of `length`, may come on an open stream. */
  #takes(stream: ServerStream<Turn>, length: number, size: number): boolean {
    const { streams, sink } = this.#parts;
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) {
      streams.fail(stream, Http2Code.flowControlError);
      return false;
    }
    stream.contentSize += size;
    const { contentSize, contentLength } = stream;
    // RFC 9113 §8.1.1
    if (contentLength >= 0 && (contentSize > contentLength || (this.#dataEnds && contentSize < contentLength))) {
      streams.fail(stream, Http2Code.protocolError);
      return false;
    }
    const { maxBodySize } = this.#limits;
    if (contentSize > maxBodySize && !stream.isTunnel && !stream.isDiscarding) {
      stream.isDiscarding = true;
      const error = new ProtocolError('body-too-large', `Cannot take a body of more than ${maxBodySize} bytes`);
      sink.refused(stream.turn as Turn, error);
    }
    return !stream.isReset;
  }

  #resetStream(id: number, bytes: Buffer, from: number, to: number): void {
    if (to - from !== 4) throw sizeError('RST_STREAM');
    const { streams, guard } = this.#parts;
    if (streams.isIdle(id)) throw protocolError('RST_STREAM is of a stream that is not open');
    const stream = streams.get(id);
    if (!stream) {
      // A small answer may be sent before it is read that nobody waits for it.
      guard.reset();
      return;
    }
    const code = bytes.readUInt32BE(from);
    // RFC 9113 §7: what is not known is no more than an error.
    streams.wasReset(stream, code <= lastCode ? (code as Http2Code) : Http2Code.internalError);
    guard.reset();
  }

  #settings(flags: number, stream: number, bytes: Buffer, from: number, to: number): void {
    const { streams, sections, answers, writer, guard, sink } = this.#parts;
    if (stream !== 0) throw protocolError('SETTINGS are of a stream');
    if ((flags & Flag.ack) !== 0) {
      if (to > from) throw sizeError('an acknowledgement of SETTINGS');
      if (this.#isAcknowledged) {
        guard.control();
        return;
      }
      this.#isAcknowledged = true;
      streams.acknowledged();
      sections.acknowledged();
      sink.acknowledged('settings');
      return;
    }
    if ((to - from) % 6 !== 0) throw sizeError('SETTINGS');
    if (this.hasSettings) guard.control();
    this.hasSettings = true;
    const { headerTableSize, leastTableSize, initialWindowSize, maxFrameSize } = readSettings(bytes, from, to);
    if (headerTableSize !== undefined && leastTableSize !== undefined) {
      answers.encoder.peerTableSize = leastTableSize;
      answers.encoder.peerTableSize = headerTableSize;
    }
    if (maxFrameSize !== undefined) writer.maxFrameSize = maxFrameSize;
    writer.settingsAck();
    if (initialWindowSize !== undefined) streams.changeFirstWindow(initialWindowSize);
  }

  #ping(flags: number, stream: number, bytes: Buffer, from: number, to: number): void {
    const { writer, guard, sink } = this.#parts;
    if (stream !== 0) throw protocolError('PING is of a stream');
    if (to - from !== 8) throw sizeError('PING');
    if ((flags & Flag.ack) === 0) {
      guard.control();
      writer.ping(bytes, from, true);
    } else if (this.pings > 0) {
      this.pings--;
      sink.acknowledged('ping');
    } else guard.control();
  }

  #windowUpdate(id: number, bytes: Buffer, from: number, to: number): void {
    if (to - from !== 4) throw sizeError('WINDOW_UPDATE');
    const { streams, guard } = this.#parts;
    const increment = bytes.readUInt32BE(from) & 0x7fffffff;
    guard.control();
    if (id === 0) {
      if (increment === 0) throw protocolError('WINDOW_UPDATE gives nothing');
      streams.openConnection(increment);
      return;
    }
    if (streams.isIdle(id)) throw protocolError('WINDOW_UPDATE is of a stream that is not open');
    const stream = streams.get(id);
    if (!stream) return;
    if (increment === 0) streams.fail(stream, Http2Code.protocolError);
    else streams.openStream(stream, increment);
  }

  /** RFC 9113 §5.3.2: what it says means nothing any more. */
  #priority(id: number, length: number): void {
    const { streams, guard } = this.#parts;
    if (id === 0) throw protocolError('PRIORITY is of a connection');
    guard.control();
    if (length === 5) return;
    if (streams.isIdle(id)) throw sizeError('PRIORITY');
    const stream = streams.get(id);
    if (stream) streams.fail(stream, Http2Code.frameSizeError);
    else streams.refuse(id, Http2Code.frameSizeError);
  }

  /** RFC 9218 §7.1. */
  #priorityUpdate(stream: number, bytes: Buffer, from: number, to: number): void {
    const { sections, guard } = this.#parts;
    if (stream !== 0) throw protocolError('PRIORITY_UPDATE is of a stream');
    if (to - from < 4) throw sizeError('PRIORITY_UPDATE');
    const id = bytes.readUInt32BE(from) & 0x7fffffff;
    if (id % 2 === 0) throw protocolError('PRIORITY_UPDATE is of no stream that a client opens');
    guard.control();
    sections.prioritize(id, parsePriority(bytes.toString('latin1', from + 4, to)));
  }
}

function protocolError(reason: string): Http2Error {
  return new Http2Error(Http2Code.protocolError, `Cannot take a frame: ${reason}`);
}

function sizeError(what: string): Http2Error {
  return new Http2Error(Http2Code.frameSizeError, `Cannot take ${what}: its length is wrong`);
}
