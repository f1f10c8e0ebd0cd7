import type { Diagnostic } from '../../diagnostic.ts';
import type { ReadFile } from './reader.ts';
import { commandLine } from './source.ts';

/**
 * Diagnostics in the order in which nginx comes to what they are about: what is included stands where it is included, what is without a
 * place is found in the end. The first error is the one that nginx would have told.
 */
export function inReadingOrder(diagnostics: readonly Diagnostic[], files: readonly ReadFile[]): readonly Diagnostic[] {
  const order = new Map<string, readonly number[]>([[commandLine, [-1]]]);
  files.forEach(({ path, includedAt }, index) => {
    order.set(path, includedAt ? [...(order.get(includedAt.file) ?? []), includedAt.line, index] : []);
  });
  return diagnostics
    .map((diagnostic) => ({ diagnostic, place: placeOf(diagnostic, order) }))
    .sort((a, b) => compared(a.place, b.place))
    .map(({ diagnostic }) => diagnostic);
}

function placeOf({ at, nginxLine }: Diagnostic, order: ReadonlyMap<string, readonly number[]>): readonly number[] {
  if (at === undefined) return [Number.POSITIVE_INFINITY];
  return [...(order.get(at.file) ?? []), nginxLine ?? at.line ?? 0];
}

function compared(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((number, at) => number !== b[at]);
  if (index < 0) return a.length - b.length;
  return (a[index] ?? 0) - (b[index] ?? Number.NEGATIVE_INFINITY);
}
