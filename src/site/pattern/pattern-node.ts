import { allBytes, type ByteSet } from './byte-set.ts';

/** A regular expression as it was read, over bytes. Case is ignored by sets that have both. */
export type PatternNode =
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly items: readonly PatternNode[] }
  | Repeat
  | { readonly kind: 'capture'; readonly item: PatternNode; readonly group: number }
  /** Once it has matched nothing in it is tried again. */
  | { readonly kind: 'atomic'; readonly item: PatternNode }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'look'; readonly item: PatternNode; readonly isBehind: boolean; readonly isNegated: boolean }
  | { readonly kind: 'reference'; readonly group: number; readonly ignoreCase: boolean; readonly most: number };

export interface Repeat {
  readonly kind: 'repeat';
  readonly item: PatternNode;
  readonly least: number;
  /** Infinity for any number. */
  readonly most: number;
  readonly isLazy: boolean;
}

/** `end` is before a final newline too, `last` is not. */
export type Assertion = 'start' | 'end' | 'last' | 'line-start' | 'line-end' | 'word' | 'not-word';

export interface ParsedPattern {
  readonly root: PatternNode;
  /** How many groups capture. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

/** What a node may begin with; its least and its greatest length in bytes. */
export interface Extent {
  /** Of what is not empty. */
  readonly first: ByteSet;
  readonly least: number;
  readonly most: number;
}

const empty: Extent = { first: 0n, least: 0, most: 0 };

export function extentOf(node: PatternNode): Extent {
  switch (node.kind) {
    case 'set':
      return { first: node.set, least: 1, most: 1 };
    case 'sequence':
      return node.items.map(extentOf).reduceRight(
        (rest, each) => ({
          first: each.least === 0 ? each.first | rest.first : each.first,
          least: each.least + rest.least,
          most: each.most + rest.most,
        }),
        empty,
      );
    case 'choice':
      return node.items.map(extentOf).reduce((all, each) => ({
        first: all.first | each.first,
        least: Math.min(all.least, each.least),
        most: Math.max(all.most, each.most),
      }));
    case 'repeat': {
      const { first, least, most } = extentOf(node.item);
      return { first, least: least * node.least, most: most === 0 || node.most === 0 ? 0 : most * node.most };
    }
    case 'capture':
    case 'atomic':
      return extentOf(node.item);
    case 'assertion':
    case 'look':
      return empty;
    case 'reference':
      return { first: allBytes, least: 0, most: node.most };
  }
}
