import { endOfField, type HeaderList, nameAt, nameEnd } from '../../core/headers.ts';
import { isFinalOnly, responseFieldKind } from '../http1/response-field.ts';
import { forbiddenTrailers } from '../http1/trailers.ts';
import { Flag } from './codes.ts';
import { type FrameWriter, frameHeadSize } from './frame-writer.ts';
import { HpackEncoder, maxEncodedOverhead } from './hpack/hpack-encoder.ts';

/** What an answer's head gets from us. */
export interface FixedFields {
  /** IMF-fixdate (RFC 9110 §5.6.7), used where the headers have no `date`. */
  readonly date: string;
  /** Used where the headers have no `server`. */
  readonly server: string;
  /** Stands in for what the headers say; where it is undefined, what they say stays if there is no content. */
  readonly contentLength: number | undefined;
}

/** Status, three fields of ours with their names and a number, and the size of a table. */
const fixedRoom = 6 * maxEncodedOverhead + 64;

/** Writes the field sections of answers; each method gives how many bytes that are. */
export class ResponseSections {
  readonly encoder: HpackEncoder;
  readonly #writer: FrameWriter;

  constructor(writer: FrameWriter, tableSize: number) {
    this.#writer = writer;
    this.encoder = new HpackEncoder(tableSize);
  }

  /** A final answer's head, without the fields that tell of a connection (RFC 9113 §8.2.2). */
  head(stream: number, status: number, headers: HeaderList, fixed: FixedFields, isEnd: boolean): number {
    const { encoder } = this;
    const { bytes, end } = headers;
    const { date, server, contentLength } = fixed;
    const keepsLength = isEnd && contentLength === undefined && status >= 200 && status !== 204;
    // A field of the block has more around its name and value than it gets here.
    const room = end - headers.start + fixedRoom + date.length + server.length;
    const { buffer, offset } = this.#writer.reserveSection(room);
    let hasDate = false;
    let hasServer = false;
    let out = encoder.encodeStatus(buffer, encoder.begin(buffer, offset + frameHeadSize), status);
    for (let at = headers.start; at < end; ) {
      const field = at;
      const kind = responseFieldKind(bytes, field + nameAt, nameEnd(bytes, field));
      at = endOfField(bytes, field);
      if (kind !== 'other') {
        if (kind === 'date') hasDate = true;
        else if (kind === 'server') hasServer = true;
        else if (kind === 'connection' || kind === 'upgrade' || (kind === 'length' && !keepsLength)) continue;
      }
      out = encoder.encodeBlockField(buffer, out, bytes, field);
    }
    if (!hasDate) out = encoder.encodeField(buffer, out, 'date', date);
    if (!hasServer) out = encoder.encodeField(buffer, out, 'server', server);
    if (contentLength !== undefined) out = encoder.encodeField(buffer, out, 'content-length', String(contentLength));
    return this.#writer.section(buffer, offset, out, stream, isEnd ? Flag.endStream : 0);
  }

  /** An interim answer (RFC 9110 §15.2), without the fields that have no meaning there. */
  interim(stream: number, status: number, headers: HeaderList): number {
    const { buffer, offset } = this.#writer.reserveSection(headers.end - headers.start + fixedRoom);
    const begin = this.encoder.begin(buffer, offset + frameHeadSize);
    const out = this.encoder.encodeStatus(buffer, begin, status);
    return this.#writer.section(buffer, offset, this.#fields(headers, buffer, out, isFinalOnly), stream, 0);
  }

  /** The end of an answer, with the trailers that may stand there (RFC 9110 §6.5.1). */
  trailers(stream: number, headers: HeaderList): number {
    const { buffer, offset } = this.#writer.reserveSection(headers.end - headers.start + fixedRoom);
    const begin = this.encoder.begin(buffer, offset + frameHeadSize);
    const out = this.#fields(headers, buffer, begin, (name) => forbiddenTrailers.has(name));
    return this.#writer.section(buffer, offset, out, stream, Flag.endStream);
  }

  #fields(headers: HeaderList, buffer: Buffer, begin: number, isLeftOut: (name: string) => boolean): number {
    const { bytes, end } = headers;
    let out = begin;
    for (let at = headers.start; at < end; at = endOfField(bytes, at)) {
      if (isLeftOut(bytes.toString('latin1', at + nameAt, nameEnd(bytes, at)))) continue;
      out = this.encoder.encodeBlockField(buffer, out, bytes, at);
    }
    return out;
  }
}
