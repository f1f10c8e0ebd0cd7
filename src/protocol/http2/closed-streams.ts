/** How a stream ended. Of `skipped` ones the client has opened a later one first (RFC 9113 §5.1.1). */
export const Closed = { byBoth: 0, byUs: 1, byPeer: 2, skipped: 3 } as const;

export type Closed = (typeof Closed)[keyof typeof Closed];

const slots = 256;

/** Remembers how the latest streams ended: what may still come for one depends on it (RFC 9113 §5.1). */
export class ClosedStreams {
  /** The upper 30 bits of a stream's number, which is odd, and how it ended. */
  #slots: Uint32Array | undefined;

  note(stream: number, how: Closed): void {
    this.#slots ??= new Uint32Array(slots);
    const number = stream >>> 1;
    this.#slots[number & (slots - 1)] = number * 4 + how;
  }

  /** The client has opened `stream`, and none of those between it and `last`. */
  skip(last: number, stream: number): void {
    for (let skipped = Math.max(last + 1, stream - 2 * slots) | 1; skipped < stream; skipped += 2) {
      this.note(skipped, Closed.skipped);
    }
  }

  get(stream: number): Closed {
    const found = this.#slots?.[(stream >>> 1) & (slots - 1)] ?? 0;
    return Math.floor(found / 4) === stream >>> 1 ? ((found % 4) as Closed) : Closed.byBoth;
  }

  /** Whether that stream is so long before the latest one that nothing is known of it. */
  isForgotten(stream: number, latest: number): boolean {
    return stream <= latest - 2 * slots;
  }
}
