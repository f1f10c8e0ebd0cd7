import { fileCacheLimits } from '../../core/limits.ts';

/** What was seen at paths, for as long as the file cache takes files to be unchanged without a look. */
export class FreshMap<Value> {
  readonly #seen: Map<string, { readonly value: Value; readonly at: number }> = new Map();

  /** `now` is in milliseconds since 1970. */
  get(path: string, now: number): Value | undefined {
    const seen = this.#seen.get(path);
    if (!seen) return undefined;
    const age = now - seen.at;
    return age >= 0 && age < fileCacheLimits.freshMs ? seen.value : undefined;
  }

  set(path: string, value: Value, now: number): void {
    if (this.#seen.size >= fileCacheLimits.maxFiles) this.#seen.clear();
    this.#seen.set(path, { value, at: now });
  }
}
