/** The bytes of an answer as they come in. */
export class GatheredBody {
  readonly #most: number;
  readonly #wanted: number | undefined;
  #pieces: Uint8Array[] = [];
  #size = 0;

  /** `most`: bytes at most. `wanted`: how many there are to be, where that is known. */
  constructor(most: number, wanted: number | undefined) {
    this.#most = most;
    this.#wanted = wanted;
  }

  /** Bytes that came, also those taken out. */
  get size(): number {
    return this.#size;
  }

  /** Whether as many came as there were to be. */
  get isWhole(): boolean {
    return this.#wanted === undefined || this.#wanted === this.#size;
  }

  /** False where they are too many. */
  add(bytes: Uint8Array): boolean {
    this.#size += bytes.length;
    if (this.#size > Math.min(this.#most, this.#wanted ?? this.#most)) {
      this.#pieces = [];
      return false;
    }
    this.#pieces.push(bytes);
    return true;
  }

  /** Takes out what was gathered, as bytes in memory of their own: a piece may lie in a larger one, which is not to be held for it. */
  take(): Uint8Array {
    const pieces = this.#pieces;
    this.#pieces = [];
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const whole = Buffer.allocUnsafeSlow(length);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
