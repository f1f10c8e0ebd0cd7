import { allBytes, type ByteSet, rangesOf } from './byte-set.ts';
import { type Assertion, extentOf, type PatternNode, type Repeat } from './pattern-node.ts';

/** How an engine writes what is not the same in all of them. */
export interface Dialect {
  readonly any: string;
  readonly none: string;
  readonly byte: (code: number) => string;
  readonly assertions: Readonly<Record<Assertion, string>>;
}

export const javascript: Dialect = {
  any: '[^]',
  none: '[]',
  byte: (code) => `\\x${code.toString(16).padStart(2, '0')}`,
  assertions: {
    start: '^',
    end: '(?=\\n?$)',
    last: '$',
    'line-start': '(?:^|(?<=\\n)(?!$))',
    'line-end': '(?=\\n|$)',
    word: '\\b',
    'not-word': '\\B',
  },
};

/** `end` is the very end here: whoever runs it looks at the text without its final newline as well. */
export const re2: Dialect = {
  any: '[\\x{0}-\\x{ff}]',
  none: '[^\\x{0}-\\x{10ffff}]',
  byte: (code) => `\\x{${code.toString(16)}}`,
  assertions: {
    start: '\\A',
    end: '\\z',
    last: '\\z',
    'line-start': '(?m:^)',
    'line-end': '(?m:$)',
    word: '\\b',
    'not-word': '\\B',
  },
};

/** What was written, and which of its groups each group of the pattern is: JavaScript needs more for atomic groups. */
export interface Written {
  readonly source: string;
  /** -1 for one that is not in what was written. Undefined where they are the same. */
  readonly groups: readonly number[] | undefined;
}

/** `groups`: how many groups of the pattern capture. Atomic groups, references and what looks around are for JavaScript alone. */
export function writePattern(root: PatternNode, dialect: Dialect, groups: number): Written {
  const numbers: number[] = Array.from({ length: groups + 1 }, (_, group) => (group === 0 ? 0 : -1));
  let count = 0;
  const write = (node: PatternNode): string => {
    switch (node.kind) {
      case 'set':
        return writeSet(node.set, dialect);
      case 'sequence':
        return node.items.map((item) => (item.kind === 'choice' ? `(?:${write(item)})` : write(item))).join('');
      case 'choice':
        return node.items.map(write).join('|');
      case 'repeat':
        return writeRepeat(node, write(node.item));
      case 'capture':
        numbers[node.group] = ++count;
        return `(${write(node.item)})`;
      case 'atomic': {
        // What looks ahead is not tried again either.
        const number = ++count;
        return `(?:(?=(${write(node.item)}))\\${number})`;
      }
      case 'assertion':
        return dialect.assertions[node.assertion];
      case 'look':
        return `(?${node.isBehind ? '<' : ''}${node.isNegated ? '!' : '='}${write(node.item)})`;
      case 'reference': {
        // A group that has not matched yet is nowhere.
        const number = numbers[node.group];
        const text = number && number > 0 ? `(?:\\${number})` : dialect.none;
        return node.ignoreCase ? `(?i:${text})` : text;
      }
    }
  };
  const source = write(root);
  return { source, groups: count === groups && numbers.every((own, group) => own === group) ? undefined : numbers };
}

function writeRepeat({ item, least, most, isLazy }: Repeat, text: string): string {
  // For JavaScript what may be left out is never empty, for PCRE it may be.
  if (least === 0 && most === 1 && extentOf(item).least === 0) return isLazy ? `(?:|${text})` : `(?:${text}|)`;
  return `(?:${text})${quantifier(least, most)}${isLazy ? '?' : ''}`;
}

function quantifier(least: number, most: number): string {
  if (most === Number.POSITIVE_INFINITY) return least === 0 ? '*' : least === 1 ? '+' : `{${least},}`;
  if (least === 0 && most === 1) return '?';
  return `{${least},${most}}`;
}

function writeSet(set: ByteSet, dialect: Dialect): string {
  if (set === allBytes) return dialect.any;
  if (set === 0n) return dialect.none;
  const ranges = rangesOf(set);
  const [[first, last] = [0, 0]] = ranges;
  if (ranges.length === 1 && first === last) return writeByte(first, dialect);
  return `[${ranges.map(([from, to]) => writeByte(from, dialect) + (from === to ? '' : `-${writeByte(to, dialect)}`)).join('')}]`;
}

function writeByte(code: number, dialect: Dialect): string {
  const character = String.fromCharCode(code);
  return /[A-Za-z0-9/]/.test(character) ? character : dialect.byte(code);
}
