import type { HttpLimits } from '../../src/core/limits.ts';
import { type Http1RequestHead, Http1ServerCodec } from '../../src/protocol/http1/server-codec.ts';
import type { CodecRecorder, CodecUnderTest } from './codec-contract.ts';

/** A server codec for tests, which resumes by itself and tells a recorder what it reads. */
export function recordedServerCodec(recorder: CodecRecorder, limits: HttpLimits): CodecUnderTest {
  let paused = false;
  const codec = new Http1ServerCodec(
    {
      head: (head) => recorder.event(['head', plainHead(head)]),
      body: (bytes) => recorder.body(bytes),
      end: (trailers) => {
        recorder.event(['end', [...trailers]]);
        paused = true;
      },
    },
    limits,
  );
  return {
    receive(chunk) {
      codec.receive(chunk);
      while (paused) {
        paused = false;
        codec.resume();
      }
    },
    end: () => codec.end(),
    get buffered() {
      return codec.buffered;
    },
  };
}

/** What tests compare of a head. */
export interface PlainHead {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

function plainHead({ method, target, version, headers }: Http1RequestHead): PlainHead {
  return { method, target, version, headers: [...headers] };
}
