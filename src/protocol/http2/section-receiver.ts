import { ProtocolError } from '../../core/errors.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Http2Limits, HttpLimits } from '../../core/limits.ts';
import { Closed } from './closed-streams.ts';
import { Flag, Http2Code } from './codes.ts';
import type { ConnectionStreams } from './connection-streams.ts';
import { FieldFragments } from './field-fragments.ts';
import { type FloodGuard, flood } from './flood-guard.ts';
import { HpackDecoder } from './hpack/hpack-decoder.ts';
import type { HpackSink } from './hpack-field.ts';
import { Http2Error } from './http2-error.ts';
import { isIncremental, type Priority, urgencyOf } from './priority.ts';
import { PriorityUpdates } from './priority-updates.ts';
import { RequestSection } from './request-section.ts';
import type { Http2ServerSink } from './server-sink.ts';
import { type ServerStream, unknownLength } from './server-stream.ts';
import { TrailerSection } from './trailer-section.ts';

/** The table of a client that does not know our SETTINGS (RFC 9113 §6.5.2). */
const defaultTableSize = 4096;

/** What is read only because later sections depend on it. */
const ignoredFields: HpackSink = { field() {}, tooLarge() {} };

/** HEADERS and CONTINUATION of clients: field sections become requests and trailers. */
export class SectionReceiver<Turn> {
  /** Streams that come from now on are ignored. */
  refusesNew = false;
  readonly #sink: Http2ServerSink<Turn>;
  readonly #streams: ConnectionStreams<Turn>;
  readonly #guard: FloodGuard;
  readonly #http2: Http2Limits;
  /** A section as it is sent. */
  readonly #maxSize: number;
  readonly #decoder: HpackDecoder = new HpackDecoder(defaultTableSize);
  readonly #request: RequestSection;
  readonly #trailers: TrailerSection;
  readonly #fragments: FieldFragments = new FieldFragments();
  readonly #priorities: PriorityUpdates;

  constructor(
    sink: Http2ServerSink<Turn>,
    streams: ConnectionStreams<Turn>,
    guard: FloodGuard,
    limits: HttpLimits,
    http2: Http2Limits,
  ) {
    this.#sink = sink;
    this.#streams = streams;
    this.#guard = guard;
    this.#http2 = http2;
    this.#maxSize = 2 * limits.maxHeadSize + http2.maxSectionExcess;
    this.#decoder.maxFieldSize = limits.maxFieldSize;
    this.#request = new RequestSection(limits);
    this.#trailers = new TrailerSection(limits);
    this.#priorities = new PriorityUpdates(http2.maxStreams);
  }

  /** The stream whose section has begun and has not ended, 0 where there is none. */
  get stream(): number {
    return this.#fragments.stream;
  }

  /** Bytes kept of that section. */
  get buffered(): number {
    return this.#fragments.size;
  }

  /** The client knows our SETTINGS. */
  acknowledged(): void {
    if (this.#http2.headerTableSize !== defaultTableSize) this.#decoder.maxTableSize = this.#http2.headerTableSize;
  }

  /** HEADERS (RFC 9113 §6.2). */
  headers(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    let from = start;
    let to = end;
    if ((flags & Flag.padded) !== 0) {
      if (from === to) throw sizeError();
      to -= bytes[from++] as number;
    }
    if ((flags & Flag.priority) !== 0) from += 5;
    if (from > to) throw from > end ? sizeError() : refusal(Http2Code.protocolError, 'it is shorter than its padding');
    if (id % 2 === 0) throw refusal(Http2Code.protocolError, 'no client opens a stream of that number');
    if ((flags & Flag.endHeaders) !== 0) {
      this.#section(flags, id, bytes, from, to);
      return;
    }
    if (from === to) this.#guard.emptyFrame();
    this.#fragments.begin(id, flags);
    this.#add(bytes, from, to);
  }

  /** CONTINUATION of the section that has begun (RFC 9113 §6.10). */
  continuation(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const fragments = this.#fragments;
    if (id === 0 || id !== fragments.stream) throw refusal(Http2Code.protocolError, 'no section has begun');
    if (from === to) this.#guard.emptyFrame();
    this.#add(bytes, from, to);
    if ((flags & Flag.endHeaders) === 0) return;
    const { bytes: whole, size } = fragments;
    const ofHeaders = fragments.flags;
    fragments.end();
    this.#section(ofHeaders, id, whole, 0, size);
  }

  /** What PRIORITY_UPDATE says (RFC 9218 §7.1) of a stream, which need not be open. */
  prioritize(id: number, priority: Priority): void {
    const stream = this.#streams.get(id);
    if (stream) {
      setPriority(stream, priority);
      if (stream.turn !== undefined) this.#sink.prioritized(stream.turn);
    } else if (id > this.#streams.lastOpened) this.#priorities.note(id, priority, this.#streams.lastOpened);
  }

  #add(bytes: Buffer, from: number, to: number): void {
    this.#checkSize(this.#fragments.size + to - from);
    this.#fragments.add(bytes, from, to);
  }

  /** What is only too large is read to its end, and refused. */
  #checkSize(size: number): void {
    if (size > this.#maxSize) throw flood(`a field section has more than ${this.#maxSize} bytes`);
  }

  #section(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    this.#checkSize(to - from);
    const streams = this.#streams;
    const stream = streams.get(id);
    if (stream) this.#trailerSection(stream, flags, bytes, from, to);
    else if (id > streams.lastOpened) this.#requestSection(flags, id, bytes, from, to);
    else {
      this.#decoder.decode(bytes, from, to, ignoredFields);
      this.#ofClosed(id);
    }
  }

  /** RFC 9113 §5.1, §5.1.1. */
  #ofClosed(id: number): void {
    const how = this.#streams.howClosed(id);
    if (how === Closed.byBoth) throw refusal(Http2Code.streamClosed, 'its stream is closed');
    if (how === Closed.skipped) throw refusal(Http2Code.protocolError, 'a later stream was opened before');
    if (how === Closed.byPeer) this.#streams.refuse(id, Http2Code.streamClosed);
    else this.#guard.control();
  }

  #requestSection(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const streams = this.#streams;
    streams.noteOpened(id);
    const priority = this.#priorities.take(id);
    const isTooMany = streams.size >= this.#http2.maxStreams;
    if (this.refusesNew || isTooMany) {
      this.#decoder.decode(bytes, from, to, ignoredFields);
      if (isTooMany && !this.refusesNew) streams.refuse(id, Http2Code.refusedStream);
      else {
        streams.ignore(id);
        this.#guard.control();
      }
      return;
    }
    const request = this.#request;
    request.begin();
    this.#decoder.decode(bytes, from, to, request);
    const isEnd = (flags & Flag.endStream) !== 0;
    const outcome = request.take(to - from, isEnd);
    const stream = streams.open(id);
    stream.isReceiveClosed = isEnd;
    if (outcome === undefined) {
      streams.fail(stream, Http2Code.protocolError);
      return;
    }
    this.#guard.request();
    setPriority(stream, priority ?? request.priority);
    let turn: Turn | undefined;
    if (outcome instanceof ProtocolError) {
      // It may be much larger than what came: an HPACK bomb.
      if (outcome.code === 'header-too-large') this.#guard.reset();
      stream.isDiscarding = true;
      turn = this.#sink.malformed(stream, outcome, request.method);
    } else {
      stream.isTunnel = outcome.protocol !== undefined;
      if (!stream.isTunnel) stream.contentLength = outcome.bodyLength ?? unknownLength;
      turn = this.#sink.head(stream, outcome);
    }
    stream.turn = turn;
    // It may have been reset by whom it was given to.
    if (turn === undefined) {
      if (streams.get(id) === stream) streams.reset(stream, Http2Code.refusedStream);
    } else if (isEnd && !stream.isReset) streams.endReceiving(stream, HeaderList.empty);
  }

  #trailerSection(stream: ServerStream<Turn>, flags: number, bytes: Buffer, from: number, to: number): void {
    const streams = this.#streams;
    const trailers = this.#trailers;
    trailers.begin();
    this.#decoder.decode(bytes, from, to, trailers);
    const outcome = trailers.take();
    if (stream.isReceiveClosed) streams.fail(stream, Http2Code.streamClosed);
    else if ((flags & Flag.endStream) === 0 || outcome === undefined || !stream.isContentWhole) {
      streams.fail(stream, Http2Code.protocolError);
    } else if (outcome instanceof ProtocolError) {
      const wasDiscarding = stream.isDiscarding;
      stream.isDiscarding = true;
      if (!wasDiscarding && stream.turn !== undefined) this.#sink.refused(stream.turn, outcome);
      if (!stream.isReset) streams.endReceiving(stream, HeaderList.empty);
    } else streams.endReceiving(stream, outcome);
  }
}

function setPriority<Turn>(stream: ServerStream<Turn>, priority: Priority): void {
  stream.urgency = urgencyOf(priority);
  stream.isIncremental = isIncremental(priority);
}

function sizeError(): Http2Error {
  return refusal(Http2Code.frameSizeError, 'it is too short');
}

function refusal(code: Http2Code, reason: string): Http2Error {
  return new Http2Error(code, `Cannot take HEADERS: ${reason}`);
}
