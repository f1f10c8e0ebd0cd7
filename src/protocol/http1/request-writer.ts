import { PeerError } from '../../core/errors.ts';
import { endOfField, type HeaderList, nameAt, nameEnd, TOKEN, VALUE } from '../../core/headers.ts';
import { COLON, CR, LF, matches, SP } from './ascii.ts';

/** What the head of a request to an upstream is made from. */
export interface OutgoingRequestHead {
  readonly method: string;
  /** Latin-1, as are the method and `upgrade`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  /** All fields but those of the connection and of framing. */
  readonly headers: HeaderList;
  /** Undefined for a request without a body. */
  readonly bodyLength: number | 'chunked' | undefined;
  /** Whether the connection is to be used again. */
  readonly keepsConnection: boolean;
  readonly upgrade: string | undefined;
  readonly expectsContinue: boolean;
  readonly takesTrailers: boolean;
}

/** Not 0 for every byte that ends no target: what is no control character and no space. Some upstreams take bytes beyond ASCII. */
const TARGET: Uint8Array = new Uint8Array(256).fill(1, 0x21);
TARGET[0x7f] = 0;

// More than a head has beyond its fields, method, target and upgrade: the fields that are added once, and line ends.
const fixedSize = 220;

/** From so many bytes on, a call that copies a value costs less than a loop does. */
const longValueSize = 32;

/** The most bytes that `writeRequestHead` writes for this head. */
export function requestHeadSize({ method, target, headers, upgrade }: OutgoingRequestHead): number {
  return fixedSize + method.length + target.length + (headers.end - headers.start) + (upgrade?.length ?? 0);
}

/**
 * Writes a request's head and gives the offset after it; `into` has room for `requestHeadSize(head)` bytes. `host` comes first (RFC
 * 9110 §7.2). Throws PeerError `internal-error` for a method, target or upgrade that would be read as something else: they may be made of
 * what clients send.
 */
export function writeRequestHead(into: Buffer, at: number, head: OutgoingRequestHead): number {
  const { headers, bodyLength, upgrade } = head;
  let out = writeChecked(into, at, head.method, TOKEN, 'method');
  into[out++] = SP;
  out = writeChecked(into, out, head.target, TARGET, 'target');
  out = writeText(into, out, head.version === '1.1' ? ' HTTP/1.1\r\n' : ' HTTP/1.0\r\n');
  const host = findHost(headers);
  if (host >= 0) out = copyField(into, out, headers.bytes, host);
  for (let from = headers.start; from < headers.end; from = endOfField(headers.bytes, from)) {
    if (from !== host) out = copyField(into, out, headers.bytes, from);
  }
  if (bodyLength === 'chunked') out = writeText(into, out, 'transfer-encoding: chunked\r\n');
  else if (bodyLength !== undefined) {
    out = writeText(into, writeText(into, writeText(into, out, 'content-length: '), String(bodyLength)), '\r\n');
  }
  if (head.expectsContinue) out = writeText(into, out, 'expect: 100-continue\r\n');
  if (head.takesTrailers) out = writeText(into, out, 'te: trailers\r\n');
  if (upgrade !== undefined) {
    out = writeText(into, writeChecked(into, writeText(into, out, 'upgrade: '), upgrade, VALUE, 'upgrade'), '\r\n');
  }
  return writeText(into, writeText(into, out, connectionField(head)), '\r\n');
}

/** RFC 9112 §9.3 and RFC 9110 §7.6.1: `te` and `upgrade` are named by `connection`. */
function connectionField({ version, keepsConnection, upgrade, takesTrailers }: OutgoingRequestHead): string {
  if (upgrade !== undefined) return takesTrailers ? 'connection: te, upgrade\r\n' : 'connection: upgrade\r\n';
  if (!keepsConnection) return takesTrailers ? 'connection: te, close\r\n' : 'connection: close\r\n';
  if (version === '1.0') return 'connection: keep-alive\r\n';
  return takesTrailers ? 'connection: te\r\n' : '';
}

function findHost({ bytes, start, end }: HeaderList): number {
  for (let at = start; at < end; at = endOfField(bytes, at)) {
    if (nameEnd(bytes, at) - at - nameAt === 4 && matches(bytes, at + nameAt, 'host')) return at;
  }
  return -1;
}

function copyField(into: Buffer, at: number, bytes: Buffer, from: number): number {
  let out = at;
  const name = nameEnd(bytes, from);
  const end = endOfField(bytes, from);
  for (let index = from + nameAt; index < name; index++) into[out++] = bytes[index] as number;
  into[out++] = COLON;
  into[out++] = SP;
  const value = name + 5;
  if (end - value < longValueSize) for (let index = value; index < end; index++) into[out++] = bytes[index] as number;
  else out += bytes.copy(into, out, value, end);
  into[out++] = CR;
  into[out++] = LF;
  return out;
}

function writeChecked(into: Buffer, at: number, text: string, allowed: Uint8Array, what: string): number {
  let out = at;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // Beyond the table it is undefined.
    if (!allowed[code]) throw refusal(what, `it holds character ${code}`);
    into[out++] = code;
  }
  if (out === at) throw refusal(what, 'it is empty');
  return out;
}

function refusal(what: string, reason: string): PeerError {
  return new PeerError('internal-error', `Cannot send the ${what} of the request: ${reason}`);
}

function writeText(into: Buffer, at: number, text: string): number {
  let out = at;
  for (let index = 0; index < text.length; index++) into[out++] = text.charCodeAt(index);
  return out;
}
