import type { AttemptRecord } from '../../upstream/attempt-record.ts';

/** The attempts of one request to get answers of upstreams, with a group for each time that a location has asked one. */
export class UpstreamAttempts {
  readonly #groups: AttemptRecord[][] = [];

  /** A location asks an upstream. */
  beginGroup(): void {
    this.#groups.push([]);
  }

  add(attempt: AttemptRecord): void {
    this.#groups.at(-1)?.push(attempt);
  }

  /** The last one. */
  get last(): AttemptRecord | undefined {
    return this.#groups.at(-1)?.at(-1);
  }

  /** What all of them have of something, as nginx writes it: `, ` between attempts, ` : ` between groups; `-` where one has none. */
  text(of: (attempt: AttemptRecord) => string | undefined): string | undefined {
    const groups = this.#groups.filter((group) => group.length > 0);
    if (groups.length === 0) return undefined;
    return groups.map((group) => group.map((attempt) => of(attempt) ?? '-').join(', ')).join(' : ');
  }
}
