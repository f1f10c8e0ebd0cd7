/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a hash of 64 bits for which nobody who does not know its key can find texts that
 * collide.
 */
export class SipHash {
  /** The halves of the last hash. */
  low = 0;
  high = 0;
  readonly #key: Int32Array;
  /** Four numbers of 64 bits, low half first. */
  readonly #state: Int32Array = new Int32Array(8);

  /** `key`: 16 bytes. */
  constructor(key: Uint8Array) {
    const view = new DataView(key.buffer, key.byteOffset, 16);
    const [k0, k1, k2, k3] = [0, 4, 8, 12].map((at) => view.getInt32(at, true)) as [number, number, number, number];
    this.#key = Int32Array.of(
      k0 ^ 0x70736575,
      k1 ^ 0x736f6d65,
      k2 ^ 0x6e646f6d,
      k3 ^ 0x646f7261,
      k0 ^ 0x6e657261,
      k1 ^ 0x6c796765,
      k2 ^ 0x79746573,
      k3 ^ 0x74656462,
    );
  }

  /** Sets `low` and `high` to those of a latin-1 text. */
  hash(text: string): void {
    const state = this.#state;
    state.set(this.#key);
    const { length } = text;
    const whole = length & ~7;
    for (let at = 0; at < whole; at += 8) compress(state, fourBytes(text, at, at + 4), fourBytes(text, at + 4, at + 8));
    const last = fourBytes(text, Math.min(whole + 4, length), length) | (length << 24);
    compress(state, fourBytes(text, whole, Math.min(whole + 4, length)), last);
    state[4] = at(state, 4) ^ 0xff;
    for (let count = 0; count < 4; count++) round(state);
    this.low = at(state, 0) ^ at(state, 2) ^ at(state, 4) ^ at(state, 6);
    this.high = at(state, 1) ^ at(state, 3) ^ at(state, 5) ^ at(state, 7);
  }
}

function fourBytes(text: string, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index++) value |= (text.charCodeAt(index) & 0xff) << ((index - start) << 3);
  return value;
}

function compress(state: Int32Array, low: number, high: number): void {
  state[6] = at(state, 6) ^ low;
  state[7] = at(state, 7) ^ high;
  round(state);
  round(state);
  state[0] = at(state, 0) ^ low;
  state[1] = at(state, 1) ^ high;
}

function round(state: Int32Array): void {
  add(state, 0, 2);
  rotateAndXor(state, 2, 13, 0);
  swap(state, 0);
  add(state, 4, 6);
  rotateAndXor(state, 6, 16, 4);
  add(state, 0, 6);
  rotateAndXor(state, 6, 21, 0);
  add(state, 4, 2);
  rotateAndXor(state, 2, 17, 4);
  swap(state, 4);
}

function add(state: Int32Array, to: number, from: number): void {
  const low = (at(state, to) >>> 0) + (at(state, from) >>> 0);
  state[to] = low;
  state[to + 1] = at(state, to + 1) + at(state, from + 1) + (low > 0xffffffff ? 1 : 0);
}

function rotateAndXor(state: Int32Array, index: number, bits: number, other: number): void {
  const low = at(state, index);
  const high = at(state, index + 1);
  state[index] = ((low << bits) | (high >>> (32 - bits))) ^ at(state, other);
  state[index + 1] = ((high << bits) | (low >>> (32 - bits))) ^ at(state, other + 1);
}

function swap(state: Int32Array, index: number): void {
  const low = at(state, index);
  state[index] = at(state, index + 1);
  state[index + 1] = low;
}

function at(state: Int32Array, index: number): number {
  return state[index] as number;
}
