import { type ByteSet, oneOf } from './byte-set.ts';
import type { PatternNode, Repeat } from './pattern-node.ts';

/** More are not looked at: then it is not known. */
const mostPositions = 1000;
const mostStates = 1000;
const mostCounted = 40;
/** Of positions, where each pair is looked at. */
const mostPaired = 200;

/** What a part of a pattern may begin and end with, as positions. */
interface Fragment {
  readonly first: ReadonlySet<number>;
  readonly last: ReadonlySet<number>;
  readonly isEmpty: boolean;
}

const nothing: Fragment = { first: new Set(), last: new Set(), isEmpty: true };

/** The positions of a pattern where it takes a byte, and which may come after which (Glushkov's automaton). */
class Positions {
  readonly sets: ByteSet[] = [];
  readonly next: Set<number>[] = [];

  add(node: PatternNode): Fragment {
    switch (node.kind) {
      case 'set': {
        if (this.sets.length >= mostPositions) throw new RangeError('A pattern has too many positions');
        const own = new Set([this.sets.push(node.set) - 1]);
        this.next.push(new Set());
        return { first: own, last: own, isEmpty: false };
      }
      case 'sequence':
        return this.#sequence(node.items.map((item) => this.add(item)));
      case 'choice':
        return node.items
          .map((item) => this.add(item))
          .reduce((one, other) => ({
            first: new Set([...one.first, ...other.first]),
            last: new Set([...one.last, ...other.last]),
            isEmpty: one.isEmpty || other.isEmpty,
          }));
      case 'capture':
        return this.add(node.item);
      case 'repeat':
        return this.#repeat(node);
      case 'assertion':
        return nothing;
      default:
        throw new RangeError(`A pattern has "${node.kind}", which no automaton can do`);
    }
  }

  #sequence(items: readonly Fragment[]): Fragment {
    return items.reduce((before, item) => {
      this.#join(before, item);
      return {
        first: before.isEmpty ? new Set([...before.first, ...item.first]) : before.first,
        last: item.isEmpty ? new Set([...before.last, ...item.last]) : item.last,
        isEmpty: before.isEmpty && item.isEmpty,
      };
    }, nothing);
  }

  /** Written out as often as it may be there, as RE2 does it: `a{1,3}` is `a(a(a)?)?`. */
  #repeat({ item, least, most }: Repeat): Fragment {
    const isEndless = most === Number.POSITIVE_INFINITY;
    const times = Array.from({ length: isEndless ? Math.max(least, 1) : most }, () => this.add(item));
    const last = times.at(-1);
    if (isEndless && last) this.#join(last, last);
    const all = this.#sequence(times);
    const mayEnd = times.slice(Math.max(least - 1, 0)).flatMap((each) => [...each.last]);
    return { first: all.first, last: new Set([...all.last, ...mayEnd]), isEmpty: all.isEmpty || least === 0 };
  }

  #join(before: Fragment, after: Fragment): void {
    for (const position of before.last) {
      const next = this.next[position];
      if (next) for (const each of after.first) next.add(each);
    }
  }
}

/**
 * At how many positions of a pattern a text may be at once, which is what each byte costs RE2. Those that do not take the byte count half:
 * nothing comes after them. More than there are where it is much to count them, Infinity where that cannot be told. Only what RE2 can do
 * is known.
 */
export function mostThreads(root: PatternNode): number {
  const positions = new Positions();
  let start: Fragment;
  try {
    start = positions.add(root);
  } catch (error) {
    if (error instanceof RangeError) return Number.POSITIVE_INFINITY;
    throw error;
  }
  // Where it may begin anywhere, it begins at each byte.
  const always = beginsAtStart(root) ? nothing.first : start.first;
  const bytes = differentBytes(positions.sets);
  const states = new Map([[keyOf(start.first), start.first]]);
  let most = 0;
  for (const state of states.values()) {
    if (state.size > mostCounted) return Number.POSITIVE_INFINITY;
    for (const byte of bytes) {
      const taking = [...state].filter((position) => ((positions.sets[position] ?? 0n) & byte) !== 0n);
      most = Math.max(most, (state.size + taking.length) / 2);
      const next = new Set(always);
      for (const position of taking) for (const each of positions.next[position] ?? []) next.add(each);
      states.set(keyOf(next), next);
    }
    if (states.size > mostStates) return mostByPairs(positions, start.first, always);
  }
  return most;
}

/**
 * An upper bound of the same in less time: a text is at once at positions only that it can be at two by two, so not at two of one row of
 * which it is never at two at once.
 */
function mostByPairs({ sets, next }: Positions, start: ReadonlySet<number>, always: ReadonlySet<number>): number {
  const size = sets.length;
  if (size > mostPaired) return Number.POSITIVE_INFINITY;
  const together = new Uint8Array(size * size);
  const open: [number, number][] = [];
  const add = (ones: ReadonlySet<number>, others: ReadonlySet<number>): void => {
    for (const one of ones) {
      for (const other of others) {
        if (together[one * size + other]) continue;
        together[one * size + other] = together[other * size + one] = 1;
        open.push([one, other]);
      }
    }
  };
  add(start, start);
  add(always, always);
  for (const [one, other] of open) {
    if (((sets[one] ?? 0n) & (sets[other] ?? 0n)) === 0n) continue;
    const ones = next[one] ?? always;
    const others = next[other] ?? always;
    add(ones, others);
    add(ones, always);
    add(others, always);
  }
  const rows: number[][] = [];
  for (let position = 0; position < size; position++) {
    const row = rows.find((each) => each.every((other) => !together[position * size + other]));
    if (row) row.push(position);
    else rows.push([position]);
  }
  return rows.length;
}

function beginsAtStart(node: PatternNode): boolean {
  switch (node.kind) {
    case 'assertion':
      return node.assertion === 'start';
    case 'sequence':
      return node.items[0] !== undefined && beginsAtStart(node.items[0]);
    case 'choice':
      return node.items.every(beginsAtStart);
    case 'capture':
      return beginsAtStart(node.item);
    default:
      return false;
  }
}

/** A byte of each kind that the sets tell apart. */
function differentBytes(sets: readonly ByteSet[]): ByteSet[] {
  const kinds = new Map<string, ByteSet>();
  const distinct = [...new Set(sets)];
  for (let code = 0; code < 256; code++) {
    const byte = oneOf(String.fromCharCode(code));
    kinds.set(distinct.map((set) => ((set & byte) === 0n ? '0' : '1')).join(''), byte);
  }
  return [...kinds.values()];
}

function keyOf(state: ReadonlySet<number>): string {
  return [...state].sort((a, b) => a - b).join(' ');
}
