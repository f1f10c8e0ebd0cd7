import { allBytes, type ByteSet } from './byte-set.ts';
import { extentOf, type PatternNode } from './pattern-node.ts';

/**
 * How much work a backtracking engine may have with a pattern, for each byte of a text: Infinity where it grows faster than the text.
 * A rough upper bound: no pattern that is slow may pass, while some that would be fast do not.
 */
export function backtrackingWork(root: PatternNode): number {
  return worth(root, atEnd, false).work;
}

/** Beyond so much it does not matter how much it is. */
const tooMuch = 1e6;

/** What comes after a place of a pattern. */
interface Rest {
  /** What it may begin with; all bytes where it may be empty and yet fail. */
  readonly first: ByteSet;
  /** It always matches. */
  readonly succeeds: boolean;
  /** It matches at the end of the text alone. */
  readonly isEnd: boolean;
  /** It may take as long as the text is long. */
  readonly isLong: boolean;
}

const atEnd: Rest = { first: allBytes, succeeds: true, isEnd: false, isLong: false };

/** Nothing is tried again for what comes after, but the text may be gone through from the next byte on. */
const afterAtomic: Rest = { first: 0n, succeeds: false, isEnd: false, isLong: false };

interface Worth {
  /** In how many ways it may match at one place. */
  readonly ways: number;
  readonly work: number;
}

/** `isOnce`: the place is tried at the beginning of the text alone, not at each byte of it. */
function worth(node: PatternNode, rest: Rest, isOnce: boolean): Worth {
  switch (node.kind) {
    case 'set':
    case 'assertion':
      return { ways: 1, work: 1 };
    case 'sequence':
      return sequenceWorth(flattened(node), rest, isOnce);
    case 'capture':
      return sequenceWorth(flattened(node), rest, isOnce);
    case 'atomic':
      return { ways: 1, work: worth(node.item, afterAtomic, isOnce).work };
    case 'choice':
      return choiceWorth(node.items, rest, isOnce);
    case 'repeat':
      return sequenceWorth([node], rest, isOnce);
    case 'look': {
      const { work } = worth(node.item, atEnd, isOnce);
      return { ways: 1, work: hasLong(node.item) && !isOnce ? Number.POSITIVE_INFINITY : work };
    }
    case 'reference':
      return { ways: 1, work: node.most };
  }
}

function choiceWorth(items: readonly PatternNode[], rest: Rest, isOnce: boolean): Worth {
  const worths = items.map((item) => worth(item, rest, isOnce));
  const ways = areExclusive(items)
    ? Math.max(...worths.map((each) => each.ways))
    : sum(worths.map((each) => each.ways));
  return { ways: Math.min(ways, tooMuch), work: choiceWork(items, worths) };
}

/** All are looked at, but only those that begin with the byte at a place are gone on with there. */
function choiceWork(items: readonly PatternNode[], worths: readonly Worth[]): number {
  const extents = items.map(extentOf);
  let most = 0;
  for (let byte = 0; byte < 256; byte++) {
    const bit = 1n << BigInt(byte);
    let work = 0;
    for (const [index, { first, least }] of extents.entries()) {
      if (least === 0 || (first & bit) !== 0n) work += worths[index]?.work ?? 0;
    }
    most = Math.max(most, work);
  }
  return items.length + most;
}

/** Whether at one place only one of them can match: what they begin with differs. */
function areExclusive(items: readonly PatternNode[]): boolean {
  let seen = 0n;
  for (const { first, least } of items.map(extentOf)) {
    if (least === 0 || (seen & first) !== 0n) return false;
    seen |= first;
  }
  return true;
}

function sequenceWorth(items: readonly PatternNode[], rest: Rest, isOnce: boolean): Worth {
  const rests: Rest[] = new Array(items.length);
  let after = rest;
  for (let index = items.length - 1; index >= 0; index--) {
    rests[index] = after;
    const item = items[index];
    if (item) after = before(item, after);
  }
  let ways = 1;
  let work = 0;
  let once = isOnce;
  for (const [index, item] of items.entries()) {
    const own =
      item.kind === 'repeat'
        ? repeatWorth(item, rests[index] ?? atEnd, once || guardOf(items, index), once)
        : worth(item, rests[index] ?? atEnd, once);
    work = Math.min(work + ways * own.work, own.work === Number.POSITIVE_INFINITY ? own.work : tooMuch);
    ways = Math.min(ways * own.ways, tooMuch);
    if (item.kind === 'assertion' && item.assertion === 'start') once = true;
  }
  return { ways, work };
}

/** `canRun`: all its runs in a text together are as long as the text, or a few times that. */
function repeatWorth(
  repeat: Extract<PatternNode, { kind: 'repeat' }>,
  rest: Rest,
  canRun: boolean,
  isOnce: boolean,
): Worth {
  const { item, least, most } = repeat;
  const inner = bare(item);
  if (most === Number.POSITIVE_INFINITY) {
    if (inner.kind !== 'set') return { ways: 1, work: Number.POSITIVE_INFINITY };
    const isDecisive = rest.succeeds || rest.isEnd || (rest.first & inner.set) === 0n;
    const isFine = rest.succeeds || (canRun && (isDecisive || !rest.isLong));
    return { ways: 1, work: isFine ? 2 : Number.POSITIVE_INFINITY };
  }
  const { ways, work } = worth(inner, most > 1 ? { ...atEnd, succeeds: false } : rest, isOnce);
  if (most > 1 && hasLong(inner)) return { ways, work: Number.POSITIVE_INFINITY };
  const isDecisive = inner.kind === 'set' && (rest.first & inner.set) === 0n;
  const all =
    isDecisive || least === most
      ? ways ** most
      : sum(Array.from({ length: Math.min(most + 1, 1000) }, (_, n) => ways ** n));
  return {
    ways: Math.min(all, tooMuch),
    work: Math.min(
      work * sum(Array.from({ length: Math.min(most, 1000) }, (_, n) => ways ** n)),
      work === Number.POSITIVE_INFINITY ? work : tooMuch,
    ),
  };
}

/**
 * Whether a byte that is no part of the repeat must come a fixed number of bytes before it: then its runs from different places do
 * not overlap.
 */
function guardOf(items: readonly PatternNode[], index: number): boolean {
  const repeat = items[index];
  const inner = repeat?.kind === 'repeat' ? bare(repeat.item) : undefined;
  if (inner?.kind !== 'set') return false;
  for (let at = index - 1; at >= 0; at--) {
    const item = items[at];
    if (!item) return false;
    if (item.kind === 'set' && (item.set & inner.set) === 0n) return true;
    const { least, most } = extentOf(item);
    if (least !== most || index - at > 8) return false;
  }
  return false;
}

/** What comes after the place before `node`, where `rest` is what comes after it. */
function before(node: PatternNode, rest: Rest): Rest {
  const isLong = rest.isLong || hasLong(node);
  if (node.kind === 'assertion') {
    const isEnd = node.assertion === 'end' || node.assertion === 'last';
    return { first: rest.succeeds ? allBytes : rest.first, succeeds: false, isEnd: isEnd || rest.isEnd, isLong };
  }
  if (node.kind === 'look') {
    // It is looked at before what follows it.
    if (hasLong(node) || rest.succeeds) return { first: allBytes, succeeds: false, isEnd: false, isLong };
    return { ...rest, isLong };
  }
  const { first, least } = extentOf(node);
  if (least > 0) return { first, succeeds: false, isEnd: false, isLong };
  const succeeds = rest.succeeds && mayBeSkipped(node);
  if (rest.succeeds && !succeeds) return { first: allBytes, succeeds, isEnd: false, isLong };
  return { first: first | rest.first, succeeds, isEnd: false, isLong };
}

/** Whether a node matches wherever it is tried: one that may be left out, with nothing in it that is asked of the place. */
function mayBeSkipped(node: PatternNode): boolean {
  switch (node.kind) {
    case 'repeat':
      return node.least === 0 || mayBeSkipped(node.item);
    case 'capture':
    case 'atomic':
      return mayBeSkipped(node.item);
    case 'sequence':
      return node.items.every(mayBeSkipped);
    case 'choice':
      return node.items.some(mayBeSkipped);
    default:
      return false;
  }
}

function hasLong(node: PatternNode): boolean {
  switch (node.kind) {
    case 'repeat':
      return (node.most === Number.POSITIVE_INFINITY && extentOf(node.item).most > 0) || hasLong(node.item);
    case 'sequence':
    case 'choice':
      return node.items.some(hasLong);
    case 'capture':
    case 'atomic':
    case 'look':
      return hasLong(node.item);
    case 'reference':
      return node.most === Number.POSITIVE_INFINITY;
    default:
      return false;
  }
}

/** Items of sequences and groups that are no choice, as one row. */
function flattened(node: PatternNode): PatternNode[] {
  if (node.kind === 'sequence') return node.items.flatMap(flattened);
  if (node.kind === 'capture') return flattened(node.item);
  return [node];
}

function bare(node: PatternNode): PatternNode {
  if (node.kind === 'capture') return bare(node.item);
  return node.kind === 'sequence' && node.items.length === 1 && node.items[0] ? bare(node.items[0]) : node;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
