import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const collectEvery = 4 * 1024 * 1024;

/**
 * Keeps memory flat while bodies stream through. Every read of a socket fills a new buffer of up to 64 KiB; V8 counts only the few
 * bytes of its head, so tens of megabytes of dead buffers gather before it collects. A minor collection frees them in half a
 * millisecond; this asks for one after so many streamed bytes.
 */
export class BufferGarbage {
  readonly #collect: (() => void) | undefined = minorCollection();
  #streamed = 0;

  /** So many bytes of a body were read or written. */
  streamed(bytes: number): void {
    this.#streamed += bytes;
    if (this.#streamed < collectEvery) return;
    this.#streamed = 0;
    this.#collect?.();
  }
}

/** The engine's minor collection, where it has one. */
function minorCollection(): (() => void) | undefined {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('globalThis.gc');
  return typeof collect === 'function' ? () => void collect({ type: 'minor' }) : undefined;
}
