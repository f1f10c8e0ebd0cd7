import type { AttemptRecord } from '../../upstream/attempt-record.ts';

/** What is told of an attempt. */
export type ToldAttempt = Pick<
  AttemptRecord,
  'address' | 'status' | 'connectMs' | 'headMs' | 'elapsedMs' | 'sentBytes' | 'receivedBytes' | 'contentBytes' | 'reply'
>;

/** The attempts of one request to get answers of upstreams, with a group for each time that a location has asked one. */
export class UpstreamAttempts {
  readonly #groups: ToldAttempt[][] = [];

  /** A location asks an upstream. */
  beginGroup(): void {
    this.#groups.push([]);
  }

  add(attempt: ToldAttempt): void {
    this.#groups.at(-1)?.push(attempt);
  }

  /** No server of an upstream could be asked: as in nginx, its name stands for the server. */
  addNobody(name: string, status: number): void {
    const nothing = { connectMs: undefined, headMs: undefined, elapsedMs: 0, sentBytes: 0, receivedBytes: 0 };
    this.add({ ...nothing, address: name, status, contentBytes: 0, reply: undefined });
  }

  /** The last one. */
  get last(): ToldAttempt | undefined {
    return this.#groups.at(-1)?.at(-1);
  }

  /** What all of them have of something, as nginx writes it: `, ` between attempts, ` : ` between groups; `-` where one has none. */
  text(of: (attempt: ToldAttempt) => string | undefined): string | undefined {
    const groups = this.#groups.filter((group) => group.length > 0);
    if (groups.length === 0) return undefined;
    return groups.map((group) => group.map((attempt) => of(attempt) ?? '-').join(', ')).join(' : ');
  }
}
