import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Reply } from '../core/reply.ts';
import type { Upgrade } from '../core/websocket.ts';
import { switchingHead } from '../protocol/http1/response.ts';
import { type HandshakeRefusal, handshakeAnswer, type WebSocketHandshake } from '../protocol/websocket/handshake.ts';
import { WebSocketConnection, type WebSocketContext, type WebSocketDone } from './websocket-connection.ts';
import { createDeflate } from './websocket-deflate.ts';

/** Answers 101 and makes the connection a WebSocket; `start` is still to be called. Throws InvalidHeader for the app's headers. */
export function openWebSocket(
  socket: Socket,
  handshake: WebSocketHandshake,
  upgrade: Upgrade,
  context: WebSocketContext,
  done: WebSocketDone,
): WebSocketConnection {
  const headers = handshakeAnswer(handshake, upgrade.subprotocol, upgrade.headers, sha1);
  socket.write(switchingHead(headers));
  const deflate = handshake.deflate && createDeflate(handshake.deflate.windowBits);
  return new WebSocketConnection(socket, deflate, context, done);
}

/** The answer to a handshake that cannot be accepted. */
export function refusalReply({ status, headers, reason }: HandshakeRefusal): Reply {
  return {
    status,
    headers: headers.with('content-type', 'text/plain; charset=utf-8'),
    body: Buffer.from(`${reason}\n`),
  };
}

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}
