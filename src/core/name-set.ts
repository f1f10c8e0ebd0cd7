import { anyMark, markOf } from './name-mark.ts';

/** Names of header fields, lower-case, that are looked for in bytes without making strings. */
export class NameSet {
  readonly #byLength: (readonly string[] | undefined)[] = [];
  readonly #prefix: string | undefined;
  /** The marks of all of them. */
  readonly marks: number;

  /** `prefix`: what begins with it is one of them as well. */
  constructor(names: Iterable<string>, prefix?: string) {
    this.#prefix = prefix;
    let marks = prefix === undefined ? 0 : anyMark;
    for (const name of new Set(names)) {
      marks |= markOf(name);
      this.#byLength[name.length] = [...(this.#byLength[name.length] ?? []), name];
    }
    this.marks = marks;
  }

  /** Whether the lower-case name `bytes[start, end)` is one of them. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    const candidates = this.#byLength[end - start];
    if (candidates) for (const name of candidates) if (isAt(bytes, start, name)) return true;
    const prefix = this.#prefix;
    return prefix !== undefined && end - start >= prefix.length && isAt(bytes, start, prefix);
  }
}

function isAt(bytes: Uint8Array, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) if (bytes[start + index] !== name.charCodeAt(index)) return false;
  return true;
}
