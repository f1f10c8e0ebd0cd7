import { randomBytes } from 'node:crypto';
import type { RequestHead } from '../../core/exchange.ts';
import type { HeaderList } from '../../core/headers.ts';
import { type HandshakeRefusal, readHandshake, type WebSocketHandshake } from '../../protocol/websocket/handshake.ts';

/** Fields of a handshake's answer that HTTP/2 has none of (RFC 8441 §5.1). */
const unsent = ['connection', 'upgrade', 'sec-websocket-accept'];

/** What tells of content, which a handshake of HTTP/1.1 has none of: an upstream would take what follows for it. */
const ofContent = ['content-length', 'expect', 'te'];

/**
 * An extended CONNECT for a WebSocket (RFC 8441 §5) as the request that it would be in HTTP/1.1, so that apps, proxies and refusals need
 * not know of it; with a key of ours, since upstreams want one.
 */
export function upgradeRequest<Head extends RequestHead>(head: Head): Head {
  const headers = head.headers.without(...unsent, ...ofContent, 'sec-websocket-key').withAll([
    ['upgrade', 'websocket'],
    ['connection', 'upgrade'],
    ['sec-websocket-key', randomBytes(16).toString('base64')],
  ]);
  return { ...head, method: 'GET', headers, expectsContinue: false };
}

/** Judges what `upgradeRequest` gave. */
export function judgeHandshake(head: RequestHead): WebSocketHandshake | HandshakeRefusal | undefined {
  return readHandshake({ ...head, version: '1.1' });
}

/** The headers of an answer to a handshake of HTTP/1.1, as HTTP/2 has them. */
export function acceptHeaders(headers: HeaderList): HeaderList {
  return headers.without(...unsent);
}
