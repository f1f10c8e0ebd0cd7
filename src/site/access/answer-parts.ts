import type { SiteOutcome } from '../outcome.ts';

/** The status of a subrequest's answer; undefined where it is none. */
export function statusOf(outcome: SiteOutcome): number | undefined {
  return 'status' in outcome ? outcome.status : undefined;
}

/** The value of the first field of that name, lower-case, of a subrequest's answer. */
export function fieldOf(outcome: SiteOutcome, name: string): string | undefined {
  if ('headers' in outcome) return outcome.headers.get(name);
  if (!('fields' in outcome)) return undefined;
  return outcome.fields?.find(([each]) => each === name)?.[1];
}

/** Lets go of the content of a subrequest's answer, which nobody reads. */
export function discard(outcome: SiteOutcome): void {
  if (!('body' in outcome) || outcome.body instanceof Uint8Array) return;
  void outcome.body[Symbol.asyncIterator]().return?.();
}
