import { ProtocolError } from '../../src/core/errors.ts';
import type { WebSocketLimits } from '../../src/core/limits.ts';
import { type Deflate, WebSocketCodec } from '../../src/protocol/websocket/codec.ts';
import { WebSocketError } from '../../src/protocol/websocket/websocket-error.ts';
import type { CodecRecorder, CodecUnderTest } from './codec-contract.ts';

/**
 * A codec for tests that tells a recorder what it reads, and as the event `fails` the close code of its error. The laws
 * let a connection end between messages, so its `end` passes there without a close frame.
 */
export function recordedCodec(
  recorder: CodecRecorder,
  role: 'server' | 'client',
  limits: WebSocketLimits,
  deflate: Deflate | undefined,
): CodecUnderTest {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
  let hasFailed = false;
  const codec = new WebSocketCodec(
    role,
    {
      message: (data, isText) => recorder.event([isText ? 'text' : 'binary', text(data)]),
      ping: (payload) => recorder.event(['ping', text(payload)]),
      pong: (payload) => recorder.event(['pong', text(payload)]),
      close: (code, reason) => recorder.event(['close', code, reason]),
    },
    limits,
    deflate,
    role === 'client' ? () => new Uint8Array(4) : undefined,
  );
  const recorded = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error;
      if (!hasFailed) recorder.event(['fails', error.closeCode]);
      hasFailed = true;
      throw new ProtocolError('worker-protocol', error.message);
    }
  };
  return {
    // A copy, since the laws use their bytes again and the codec unmasks in place.
    receive: (chunk) => recorded(() => codec.receive(Buffer.from(chunk))),
    end: () => {
      if (hasFailed || codec.midMessage) recorded(() => codec.end());
    },
    get buffered() {
      return codec.buffered;
    },
  };
}
