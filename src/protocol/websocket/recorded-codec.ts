import { ProtocolError } from '../../core/errors.ts';
import type { CodecRecorder, CodecUnderTest } from '../codec-contract.ts';
import { type Deflate, WebSocketCodec } from './codec.ts';
import type { WebSocketLimits } from './limits.ts';
import { WebSocketError } from './websocket-error.ts';

/**
 * A codec for tests that tells a recorder what it reads, what it closes with as the event `fails`. Since the laws let a
 * connection end between messages, its `end` passes there.
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
