/** Names of header fields, lower-case, that are looked for in bytes without making strings. */
export class NameSet {
  readonly #byLength: (readonly string[] | undefined)[] = [];

  constructor(names: Iterable<string>) {
    for (const name of new Set(names)) {
      this.#byLength[name.length] = [...(this.#byLength[name.length] ?? []), name];
    }
  }

  /** Whether the lower-case name `bytes[start, end)` is one of them. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    const candidates = this.#byLength[end - start];
    if (!candidates) return false;
    for (const name of candidates) if (isAt(bytes, start, name)) return true;
    return false;
  }
}

function isAt(bytes: Uint8Array, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) if (bytes[start + index] !== name.charCodeAt(index)) return false;
  return true;
}
