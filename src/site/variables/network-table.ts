import { isMapped, type Network } from '../../http/network.ts';

/** Values of networks: the longest prefix counts. A lookup takes as many steps as there are lengths of prefixes. */
export class NetworkTable<Value> {
  /** By length of the address and of the prefix; the longest prefix first. */
  readonly #lengths: { readonly size: number; readonly bits: number; readonly values: Map<string, Value> }[] = [];

  /** The last one of the same network stays. */
  add({ address, bits }: Network, value: Value): void {
    let length = this.#lengths.find((each) => each.size === address.length && each.bits === bits);
    if (!length) {
      length = { size: address.length, bits, values: new Map() };
      this.#lengths.push(length);
      this.#lengths.sort((a, b) => b.bits - a.bits);
    }
    length.values.set(prefixOf(address, bits), value);
  }

  find(address: Uint8Array): Value | undefined {
    const plain = isMapped(address) ? address.subarray(12) : address;
    for (const { size, bits, values } of this.#lengths) {
      const value = size === plain.length ? values.get(prefixOf(plain, bits)) : undefined;
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function prefixOf(address: Uint8Array, bits: number): string {
  const whole = bits >> 3;
  let text = '';
  for (let index = 0; index < whole; index++) text += String.fromCharCode(address[index] ?? 0);
  const rest = bits & 7;
  return rest === 0 ? text : text + String.fromCharCode((address[whole] ?? 0) >> (8 - rest));
}
