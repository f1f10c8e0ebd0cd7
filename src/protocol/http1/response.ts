import type { Body } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import { endOfField, type HeaderList, nameAt, nameEnd, VALUE } from '../../core/headers.ts';
import { reasonPhrase } from '../../http/status.ts';
import { COLON, CR, LF, SP } from './ascii.ts';
import { declaredLength, isFinalOnly, responseFieldKind } from './response-field.ts';
import { forbiddenTrailers } from './trailers.ts';

/** How an answer's content is delimited (RFC 9112 §6.3). */
export type ResponseFraming =
  /**
   * An answer to HEAD, and 1xx, 204, 304: no content follows, whatever the fields say. `length`: of what a GET would have got, where
   * the fields do not say it.
   */
  | { readonly kind: 'none'; readonly length?: number }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** By the connection's end: content of unknown length for a client of HTTP/1.0. */
  | { readonly kind: 'close' };

/** What the head of a final answer is made from. */
export interface ResponseHead {
  /** The request's; the status line always says HTTP/1.1 (RFC 9110 §2.5). */
  readonly version: '1.0' | '1.1';
  readonly status: number;
  /** Undefined or '' for the registered phrase. */
  readonly reason: string | undefined;
  readonly headers: HeaderList;
  readonly framing: ResponseFraming;
  /** Must be false with the framing `close`. */
  readonly keepAlive: boolean;
  /** IMF-fixdate (RFC 9110 §5.6.7), used where the headers have no `date`. */
  readonly date: string;
  /** Used where the headers have no `server`. */
  readonly server: string;
}

/** The one final answer that says what to upgrade to (RFC 9110 §15.5.22). */
const upgradeRequired = 426;

const none: ResponseFraming = { kind: 'none' };
const chunked: ResponseFraming = { kind: 'chunked' };
const close: ResponseFraming = { kind: 'close' };

// More than a head has beyond its fields, reason, date and server: a registered phrase, the fields that we add once, line ends.
const fixedSize = 160;

/**
 * Decides how an answer is framed. Throws PeerError `app-response-invalid` for a content-length that is no number, comes
 * twice, or differs from content that is at hand.
 */
export function frameResponse(
  requestMethod: string,
  version: '1.0' | '1.1',
  status: number,
  headers: HeaderList,
  body: Body,
): ResponseFraming {
  if (hasNoLength(status)) return none;
  const declared = declaredLength(headers);
  if (requestMethod === 'HEAD' || status === 304) {
    const isKnown = status !== 304 && declared === undefined && body instanceof Uint8Array && body.length > 0;
    return isKnown ? { kind: 'none', length: body.length } : none;
  }
  if (body instanceof Uint8Array) {
    if (declared !== undefined && declared !== body.length) {
      throw invalid(`its content-length is ${declared} and its content has ${body.length} bytes`);
    }
    return { kind: 'length', length: body.length };
  }
  if (declared !== undefined) return { kind: 'length', length: declared };
  return version === '1.1' ? chunked : close;
}

/** The most bytes that `writeResponseHead` writes for this head. */
export function responseHeadSize({ headers, reason, date, server }: ResponseHead): number {
  // A field of the block has more around its name and value than it gets in a head.
  const fields = headers.end - headers.start;
  return fixedSize + fields + (reason?.length ?? 0) + date.length + server.length;
}

/**
 * Writes a final answer's head and gives the offset after it; `into` has room for `responseHeadSize(head)` bytes.
 * The app's fields about this connection and its framing are replaced by ours (RFC 9110 §7.6.1); content-length stays
 * where there is no content, since it then tells of the content that a GET would have given (RFC 9110 §8.6).
 * Throws PeerError `app-response-invalid` for a reason phrase with a character that HTTP does not allow.
 */
export function writeResponseHead(into: Buffer, at: number, head: ResponseHead): number {
  const { status, headers, framing } = head;
  const bytes = headers.bytes;
  const keepsLength = framing.kind === 'none' && !hasNoLength(status);
  let hasDate = false;
  let hasServer = false;
  let hasUpgrade = false;
  let out = writeStatusLine(into, at, status, head.reason);
  for (let from = headers.start; from < headers.end; ) {
    const line = out;
    const name = nameEnd(bytes, from);
    const kind = responseFieldKind(bytes, from + nameAt, name);
    for (let index = from + nameAt; index < name; index++) into[out++] = bytes[index] as number;
    into[out++] = COLON;
    into[out++] = SP;
    from = endOfField(bytes, from);
    for (let index = name + 5; index < from; index++) into[out++] = bytes[index] as number;
    into[out++] = CR;
    into[out++] = LF;
    if (kind === 'other') continue;
    if (kind === 'date') hasDate = true;
    else if (kind === 'server') hasServer = true;
    else if (kind === 'trailer' && framing.kind === 'chunked') continue;
    else if (kind === 'upgrade' && status === upgradeRequired) {
      if (!hasUpgrade) out = writeText(into, out, 'connection: upgrade\r\n');
      hasUpgrade = true;
    } else if (kind !== 'length' || !keepsLength) out = line;
  }
  if (!hasDate) out = writeField(into, out, 'date: ', head.date);
  if (!hasServer) out = writeField(into, out, 'server: ', head.server);
  if (framing.kind === 'length' || framing.kind === 'none') {
    if (framing.length !== undefined) out = writeField(into, out, 'content-length: ', String(framing.length));
  } else if (framing.kind === 'chunked') out = writeText(into, out, 'transfer-encoding: chunked\r\n');
  if (!head.keepAlive) out = writeText(into, out, 'connection: close\r\n');
  else if (head.version === '1.0') out = writeText(into, out, 'connection: keep-alive\r\n');
  return writeText(into, out, '\r\n');
}

/** An interim answer (RFC 9110 §15.2), without the fields that have no meaning there. */
export function interimHead(status: number, headers: HeaderList): Buffer {
  let text = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
  for (const [name, value] of headers) if (!isFinalOnly(name)) text += `${name}: ${value}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

/** 101 (Switching Protocols, RFC 9110 §15.2.2), with all of these fields. */
export function switchingHead(headers: HeaderList): Buffer {
  let text = 'HTTP/1.1 101 Switching Protocols\r\n';
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

/** 100 (Continue). */
export const continueHead: Buffer = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');

const smallChunkHeads: Buffer[] = Array.from({ length: 1024 }, (_, size) => sizeLine(size));

/** What comes before a chunk of that many bytes (RFC 9112 §7.1); `chunkEnd` comes after it. Never 0: that is `lastChunk`. */
export function chunkHead(size: number): Buffer {
  if (size === 0) throw new RangeError('Cannot send a chunk of 0 bytes: it would end the body');
  return smallChunkHeads[size] ?? sizeLine(size);
}

/** What comes after a chunk. */
export const chunkEnd: Buffer = Buffer.from('\r\n', 'latin1');

/** The end of a chunked body, with the trailers that may stand there (RFC 9110 §6.5.1). */
export function lastChunk(trailers: HeaderList): Buffer {
  let text = '0\r\n';
  for (const [name, value] of trailers) if (!forbiddenTrailers.has(name)) text += `${name}: ${value}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

function sizeLine(size: number): Buffer {
  return Buffer.from(`${size.toString(16)}\r\n`, 'latin1');
}

/** Whether answers of this status have neither content nor content-length (RFC 9110 §8.6). */
function hasNoLength(status: number): boolean {
  return status < 200 || status === 204;
}

function writeStatusLine(into: Buffer, at: number, status: number, reason: string | undefined): number {
  let out = writeText(into, writeText(into, at, 'HTTP/1.1 '), String(status));
  into[out++] = SP;
  if (!reason) return writeText(into, writeText(into, out, reasonPhrase(status)), '\r\n');
  for (let index = 0; index < reason.length; index++) {
    const code = reason.charCodeAt(index);
    if (VALUE[code] !== 1)
      throw invalid(`its reason phrase ${JSON.stringify(reason)} holds a character that HTTP does not allow`);
    into[out++] = code;
  }
  return writeText(into, out, '\r\n');
}

function writeField(into: Buffer, at: number, name: string, value: string): number {
  return writeText(into, writeText(into, writeText(into, at, name), value), '\r\n');
}

function writeText(into: Buffer, at: number, text: string): number {
  let out = at;
  for (let index = 0; index < text.length; index++) into[out++] = text.charCodeAt(index);
  return out;
}

function invalid(reason: string): PeerError {
  return new PeerError('app-response-invalid', `Cannot send the app's answer: ${reason}`);
}
