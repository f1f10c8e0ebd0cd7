import { createHash } from 'node:crypto';
import type { HeaderList } from '../core/headers.ts';
import type { Reply } from '../core/reply.ts';
import type { Upgrade } from '../core/websocket.ts';
import { switchingHead } from '../protocol/http1/response.ts';
import { type HandshakeRefusal, handshakeAnswer, type WebSocketHandshake } from '../protocol/websocket/handshake.ts';
import type { ByteStream } from './byte-stream.ts';
import { WebSocketConnection, type WebSocketContext, type WebSocketDone } from './websocket-connection.ts';
import { createDeflate } from './websocket-deflate.ts';

/** Answers 101 and makes the connection a WebSocket; `start` is still to be called. Throws InvalidHeader for the app's headers. */
export function openWebSocket(
  socket: ByteStream,
  handshake: WebSocketHandshake,
  upgrade: Upgrade,
  context: WebSocketContext,
  done: WebSocketDone,
): WebSocketConnection {
  socket.write(switchingHead(handshakeHeaders(handshake, upgrade)));
  return webSocketOn(socket, handshake, context, done);
}

/** Those of the 101 answer. Throws InvalidHeader for the app's headers. */
export function handshakeHeaders(handshake: WebSocketHandshake, { subprotocol, headers }: Upgrade): HeaderList {
  return handshakeAnswer(handshake, subprotocol, headers, sha1);
}

/** Makes a stream a WebSocket, once its handshake is answered; `start` is still to be called. */
export function webSocketOn(
  stream: ByteStream,
  { deflate }: WebSocketHandshake,
  context: WebSocketContext,
  done: WebSocketDone,
): WebSocketConnection {
  return new WebSocketConnection(stream, deflate && createDeflate(deflate.windowBits), context, done);
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
