import { staticEntries } from './static-table.ts';

/** How fields of a name are encoded. */
export interface NameRule {
  readonly name: string;
  /** An entry of the static table with this name; 0 where there is none. */
  readonly index: number;
  /** Entries of the static table that are complete fields. */
  readonly entries: readonly { readonly value: string; readonly index: number }[];
  /** Its values repeat from answer to answer: the dynamic table is used for them. */
  readonly isIndexed: boolean;
  /** No intermediary may index it: what an attacker adds beside it would tell when he guesses it (RFC 7541 §7.1.3). */
  readonly isSecret: boolean;
}

const indexedNames: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'accept-ranges',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'access-control-max-age',
  'allow',
  'alt-svc',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-security-policy',
  'content-type',
  'cross-origin-embedder-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'date',
  'expires',
  'origin-agent-cluster',
  'permissions-policy',
  'pragma',
  'referrer-policy',
  'server',
  'strict-transport-security',
  'user-agent',
  'vary',
  'via',
  'x-cache',
  'x-content-type-options',
  'x-frame-options',
  'x-powered-by',
  'x-robots-tag',
  'x-xss-protection',
  ':authority',
  ':scheme',
]);

const secretNames: ReadonlySet<string> = new Set([
  'authentication-info',
  'authorization',
  'cookie',
  'proxy-authentication-info',
  'proxy-authorization',
  'set-cookie',
]);

const bucketCount = 256;
const buckets: readonly (readonly NameRule[])[] = bucketsOf();

/** The rule for the lower-case name `bytes[start, end)`; undefined where there is none. */
export function nameRuleOf(bytes: Uint8Array, start: number, end: number): NameRule | undefined {
  const length = end - start;
  if (length === 0) return undefined;
  const bucket = buckets[
    bucketAt(length, bytes[start] as number, bytes[start + (length >>> 1)] as number, bytes[end - 1] as number)
  ] as readonly NameRule[];
  for (const rule of bucket) {
    const { name } = rule;
    if (name.length !== length) continue;
    let at = 0;
    while (at < length && name.charCodeAt(at) === bytes[start + at]) at++;
    if (at === length) return rule;
  }
  return undefined;
}

function bucketAt(length: number, first: number, middle: number, last: number): number {
  return (length + 7 * first + 31 * middle + 13 * last) & (bucketCount - 1);
}

function bucketsOf(): NameRule[][] {
  const found: NameRule[][] = Array.from({ length: bucketCount }, () => []);
  const names = new Set([...staticEntries.map(([name]) => name), ...indexedNames, ...secretNames]);
  for (const name of names) {
    const entries = staticEntries.flatMap((entry, at) =>
      entry[0] === name ? [{ value: entry[1], index: at + 1 }] : [],
    );
    const { length } = name;
    const bucket = bucketAt(length, name.charCodeAt(0), name.charCodeAt(length >>> 1), name.charCodeAt(length - 1));
    found[bucket]?.push({
      name,
      index: entries[0]?.index ?? 0,
      entries,
      isIndexed: indexedNames.has(name),
      isSecret: secretNames.has(name),
    });
  }
  return found;
}
