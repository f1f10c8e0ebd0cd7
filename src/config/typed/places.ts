import type { UserConfig } from '../schema/user-config.ts';
import type { ConfigPath } from './conversion.ts';

/** A value of a user's config, with its place. */
export interface Found<T> {
  readonly path: ConfigPath;
  readonly value: T;
}

/** All objects and texts of a value. */
export function* nodesOf(value: unknown, path: ConfigPath): Generator<Found<object | string>> {
  if (typeof value === 'string') yield { path, value };
  if (typeof value !== 'object' || value === null) return;
  yield { path, value };
  const isList = Array.isArray(value);
  for (const [key, inner] of Object.entries(value)) yield* nodesOf(inner, [...path, isList ? Number(key) : key]);
}

/** What stands at a place; undefined where nothing does. */
export function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  );
}

type Variable = NonNullable<UserConfig['variables']>[string];
type Entries = Extract<Variable, { readonly entries: unknown }>['entries'];

/** The entries of a variable as pairs, whichever way they are written. */
export function pairsOf(entries: Entries): readonly (readonly [key: string, value: string])[] {
  return isList(entries) ? entries : Object.entries(entries);
}

/** The keys of the entries of a variable; in a table they are names. */
export function keysOf(name: string, entries: Entries): readonly (Found<string> & { readonly isName: boolean })[] {
  const path = ['variables', name, 'entries'];
  return isList(entries)
    ? entries.map(([value], index) => ({ path: [...path, index, 0], value, isName: false }))
    : Object.keys(entries).map((value) => ({ path: [...path, value], value, isName: true }));
}

function isList(entries: Entries): entries is Extract<Entries, readonly unknown[]> {
  return Array.isArray(entries);
}
