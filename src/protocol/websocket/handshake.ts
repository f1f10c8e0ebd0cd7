import type { RequestHead } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import { listElements, listsElement } from '../../http/list-field.ts';
import { isToken } from '../../http/token.ts';
import { parseExtensions } from './extensions.ts';
import { agreeOnDeflate, type DeflateAgreement } from './permessage-deflate.ts';

/** A client's valid opening handshake. */
export interface WebSocketHandshake {
  readonly kind: 'handshake';
  /** The Sec-WebSocket-Key: 16 bytes in base64. */
  readonly key: string;
  /** What the client offers, in its order of preference, each once. */
  readonly subprotocols: readonly string[];
  /** Undefined where the client offers no compression that we can do. */
  readonly deflate: DeflateAgreement | undefined;
}

/** Why a handshake cannot be accepted, and how to answer it. */
export interface HandshakeRefusal {
  readonly kind: 'refusal';
  readonly status: 400 | 426;
  readonly headers: HeaderList;
  readonly reason: string;
}

const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const otherVersion: HandshakeRefusal = {
  kind: 'refusal',
  status: 426,
  headers: HeaderList.of([
    ['connection', 'Upgrade'],
    ['upgrade', 'websocket'],
    ['sec-websocket-version', '13'],
  ]),
  reason: 'Cannot open a WebSocket: only version 13 is supported',
};

// What the server answers with, or what would break the connection.
const ownFields: ReadonlySet<string> = new Set([
  'connection',
  'upgrade',
  'content-length',
  'transfer-encoding',
  'trailer',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'sec-websocket-version',
]);

/**
 * Judges a request as a server does (RFC 6455 §4.2.1). Undefined where it is none of our business: it does not ask to
 * upgrade to WebSocket, or not in HTTP/1.1 with the connection option, where Upgrade is to be ignored (RFC 9110 §7.8).
 */
export function readHandshake(head: RequestHead): WebSocketHandshake | HandshakeRefusal | undefined {
  const { headers } = head;
  if (
    head.version !== '1.1' ||
    !listsElement(headers, 'upgrade', 'websocket') ||
    !listsElement(headers, 'connection', 'upgrade')
  ) {
    return undefined;
  }
  if (head.method !== 'GET') return refusal('the method is not GET');
  if (headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0') {
    return refusal('the request has a body');
  }
  const versions = headers.getAll('sec-websocket-version');
  if (versions.length > 1) return refusal('it has several Sec-WebSocket-Version fields');
  if (versions[0] !== '13') return otherVersion;
  const [key, ...otherKeys] = headers.getAll('sec-websocket-key');
  if (key === undefined || otherKeys.length > 0 || !/^[0-9A-Za-z+/]{22}==$/.test(key)) {
    return refusal('Sec-WebSocket-Key is not one value of 16 bytes in base64');
  }
  const subprotocols = listElements(headers, 'sec-websocket-protocol');
  if (!subprotocols.every(isToken)) return refusal('Sec-WebSocket-Protocol has an element that is no token');
  if (new Set(subprotocols).size < subprotocols.length) return refusal('Sec-WebSocket-Protocol repeats an element');
  const extensions = headers.getAll('sec-websocket-extensions');
  const offers = extensions.length === 0 ? [] : parseExtensions(extensions.join(', '));
  if (!offers) return refusal('Sec-WebSocket-Extensions is malformed');
  return { kind: 'handshake', key, subprotocols, deflate: agreeOnDeflate(offers) };
}

/**
 * The headers of the 101 answer (RFC 6455 §4.2.2), with those of the app's that may stand there. `subprotocol` must be
 * one that the client offered; `sha1` gives the digest of the bytes.
 */
export function handshakeAnswer(
  handshake: WebSocketHandshake,
  subprotocol: string | undefined,
  appHeaders: HeaderList,
  sha1: (bytes: Uint8Array) => Uint8Array,
): HeaderList {
  const fields: [string, string][] = [
    ['upgrade', 'websocket'],
    ['connection', 'Upgrade'],
    ['sec-websocket-accept', acceptValue(handshake.key, sha1)],
  ];
  if (subprotocol !== undefined) fields.push(['sec-websocket-protocol', subprotocol]);
  if (handshake.deflate) fields.push(['sec-websocket-extensions', handshake.deflate.answer]);
  for (const field of appHeaders) if (!ownFields.has(field[0])) fields.push(field);
  return HeaderList.of(fields);
}

/** The Sec-WebSocket-Accept value that answers a key (RFC 6455 §4.2.2). */
export function acceptValue(key: string, sha1: (bytes: Uint8Array) => Uint8Array): string {
  return Buffer.from(sha1(Buffer.from(key + acceptSuffix, 'latin1'))).toString('base64');
}

function refusal(reason: string): HandshakeRefusal {
  return { kind: 'refusal', status: 400, headers: HeaderList.empty, reason: `Cannot open a WebSocket: ${reason}` };
}
