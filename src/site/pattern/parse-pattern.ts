import { wireText } from '../variables/parse-template.ts';
import { allBytes, escapedSets, not, oneOf, range, withBothCases } from './byte-set.ts';
import { parseClass } from './parse-class.ts';
import { type Assertion, extentOf, type ParsedPattern, type PatternNode } from './pattern-node.ts';
import { characterEscape, PatternReader } from './pattern-reader.ts';

/** As many groups may be inside each other as PCRE allows. */
const maxDepth = 250;
const maxRepeats = 65_535;

/** What `(?imsx)` switches, up to the end of its group. */
interface Flags {
  i: boolean;
  m: boolean;
  s: boolean;
  x: boolean;
}

/** Its number is known when all groups are. */
interface Reference {
  readonly kind: 'reference';
  group: number;
  readonly ignoreCase: boolean;
  /** The greatest length of the group. */
  most: number;
}

/** Reads a regular expression as PCRE has it, without UTF, as nginx compiles it. Throws PlanError. */
export function parsePattern(source: string, ignoreCase: boolean): ParsedPattern {
  return new Parser(wireText(source)).parse(ignoreCase);
}

class Parser {
  readonly #reader: PatternReader;
  readonly #names: Map<string, number> = new Map();
  /** References by name or number, which may come before their group. */
  readonly #references: { readonly group: number | string; readonly at: number; readonly node: Reference }[] = [];
  #groups = 0;
  /** The greatest length of each group, by its number. */
  readonly #lengths: number[] = [];
  #depth = 0;

  constructor(text: string) {
    this.#reader = new PatternReader(text);
  }

  parse(ignoreCase: boolean): ParsedPattern {
    const root = this.#choice({ i: ignoreCase, m: false, s: false, x: false });
    if (!this.#reader.isAtEnd) throw this.#reader.error('unmatched closing parenthesis');
    for (const { group, at, node } of this.#references) {
      node.group = typeof group === 'string' ? (this.#names.get(group) ?? 0) : group;
      const most = this.#lengths[node.group];
      if (most === undefined) {
        this.#reader.at = at;
        throw this.#reader.error('reference to non-existent subpattern');
      }
      node.most = most;
    }
    return { root, groups: this.#groups, names: this.#names };
  }

  #choice(outer: Flags): PatternNode {
    const flags = { ...outer };
    const items: PatternNode[] = [];
    do items.push(this.#sequence(flags));
    while (this.#reader.take('|'));
    return items.length === 1 && items[0] ? items[0] : { kind: 'choice', items };
  }

  #sequence(flags: Flags): PatternNode {
    const items: PatternNode[] = [];
    for (;;) {
      this.#skipIgnored(flags);
      const next = this.#reader.peek();
      if (next === '' || next === '|' || next === ')') break;
      const atoms = this.#atom(flags);
      const last = atoms.pop();
      items.push(...atoms);
      if (last) items.push(this.#repeated(last, flags));
    }
    return items.length === 1 && items[0] ? items[0] : { kind: 'sequence', items };
  }

  #skipIgnored(flags: Flags): void {
    const comment = flags.x ? /(?:\(\?#[^)]*\)|[ \t\n\v\f\r]|#[^\n]*|\\E)+/y : /(?:\(\?#[^)]*\)|\\E)+/y;
    this.#reader.takeMatch(comment);
  }

  /** What one item is made of; the last one is what a quantifier behind it is for. None where it only switches flags. */
  #atom(flags: Flags): PatternNode[] {
    const reader = this.#reader;
    const quoted = reader.takeMatch(/\\Q([\s\S]*?)(?:\\E|$)/y);
    if (quoted) return Array.from(quoted[1] ?? '', (character) => literal(character.charCodeAt(0), flags));
    const next = reader.next();
    switch (next) {
      case '^':
        return [{ kind: 'assertion', assertion: flags.m ? 'line-start' : 'start' }];
      case '$':
        return [{ kind: 'assertion', assertion: flags.m ? 'line-end' : 'end' }];
      case '.':
        return [{ kind: 'set', set: flags.s ? allBytes : not(oneOf('\n')) }];
      case '[':
        return [{ kind: 'set', set: parseClass(reader, flags.i) }];
      case '\\':
        return [this.#escape(flags)];
      case '(':
        return this.#group(flags);
      case '*':
      case '+':
      case '?':
        reader.at--;
        throw reader.error('quantifier does not follow a repeatable item');
      default:
        return [literal(next.charCodeAt(0), flags)];
    }
  }

  #repeated(item: PatternNode, flags: Flags): PatternNode {
    const reader = this.#reader;
    let node = item;
    for (;;) {
      this.#skipIgnored(flags);
      const match = reader.takeMatch(/(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})([?+]?)/y);
      if (!match) return node;
      const [, sign, digits = '', comma, limit, mode] = match;
      const least = sign ? Number(sign === '+') : Number(digits);
      const most = sign ? (sign === '?' ? 1 : Number.POSITIVE_INFINITY) : highest(least, comma, limit);
      if (least > maxRepeats || (most !== Number.POSITIVE_INFINITY && most > maxRepeats)) {
        throw reader.error('number too big in {} quantifier');
      }
      if (most < least) throw reader.error('numbers out of order in {} quantifier');
      if (node.kind === 'assertion') {
        // One that need not hold says nothing, and to ask twice is to ask once.
        if (least === 0) node = { kind: 'sequence', items: [] };
        continue;
      }
      const repeat: PatternNode = { kind: 'repeat', item: node, least, most, isLazy: mode === '?' };
      node = mode === '+' ? { kind: 'atomic', item: repeat } : repeat;
    }
  }

  #escape(flags: Flags): PatternNode {
    const reader = this.#reader;
    const at = reader.at;
    const assertion = assertions.get(reader.peek());
    if (assertion) {
      reader.next();
      return { kind: 'assertion', assertion };
    }
    const set = escapedSets.get(reader.peek());
    if (set !== undefined) {
      reader.next();
      return { kind: 'set', set };
    }
    // Where the match begins is of no matter here.
    if (reader.take('K')) return { kind: 'sequence', items: [] };
    if (reader.take('R')) return { kind: 'atomic', item: newline };
    const named = reader.takeMatch(/k(?:<(\w+)>|'(\w+)'|\{(\w+)\})|g\{([A-Za-z_]\w*)\}/y);
    if (named) return this.#reference(named[1] ?? named[2] ?? named[3] ?? named[4] ?? '', at, flags);
    const relative = reader.takeMatch(/g(?:\{-(\d{1,3})\}|-(\d{1,3}))/y);
    if (relative) return this.#reference(this.#groups + 1 - Number(relative[1] ?? relative[2]), at, flags);
    const number = reader.takeMatch(/g(?:\{(\d{1,3})\}|(\d{1,3}))|([1-9]\d?)(?![0-7])/y);
    if (number) return this.#reference(Number(number[1] ?? number[2] ?? number[3]), at, flags);
    return literal(characterEscape(reader, false), flags);
  }

  #reference(group: number | string, at: number, { i: ignoreCase }: Flags): PatternNode {
    const node: Reference = { kind: 'reference', group: 0, ignoreCase, most: Number.POSITIVE_INFINITY };
    this.#references.push({ group, at, node });
    return node;
  }

  #group(flags: Flags): PatternNode[] {
    const reader = this.#reader;
    if (++this.#depth > maxDepth) throw reader.error('parentheses are too deeply nested');
    const switched = reader.takeMatch(/\?(\^?[imsx]*(?:-[imsx]+)?)([:)])/y);
    const inner = switched ? switchedFlags(flags, switched[1] ?? '') : flags;
    if (switched?.[2] === ')') {
      this.#depth--;
      Object.assign(flags, inner);
      return [];
    }
    const node = switched ? this.#choice(inner) : this.#special(flags);
    if (!reader.take(')')) throw reader.error('missing closing parenthesis');
    this.#depth--;
    return [node];
  }

  /** A group that captures, looks around or is atomic. */
  #special(flags: Flags): PatternNode {
    const reader = this.#reader;
    const at = reader.at;
    const look = reader.takeMatch(/\?(<?)([=!])/y);
    if (look) return this.#look(look[1] === '<', look[2] === '!', flags);
    if (reader.take('?>')) return { kind: 'atomic', item: this.#choice(flags) };
    const reference = reader.takeMatch(/\?P=(\w+)(?=\))/y)?.[1];
    if (reference) return this.#reference(reference, at, flags);
    const name = reader.takeMatch(/\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/y);
    if (!name && (reader.peek() === '?' || reader.peek() === '*')) {
      throw reader.error('this kind of group is not supported');
    }
    const group = ++this.#groups;
    if (name) {
      const text = name[1] ?? name[2] ?? '';
      if (this.#names.has(text))
        throw reader.error('two named subpatterns have the same name (PCRE2_DUPNAMES not set)');
      this.#names.set(text, group);
    }
    const item = this.#choice(flags);
    this.#lengths[group] = extentOf(item).most;
    return { kind: 'capture', item, group };
  }

  #look(isBehind: boolean, isNegated: boolean, flags: Flags): PatternNode {
    const start = this.#reader.text.lastIndexOf('(', this.#reader.at);
    const item = this.#choice(flags);
    const ways = item.kind === 'choice' ? item.items : [item];
    if (isBehind && ways.map(extentOf).some(({ least, most }) => least !== most)) {
      this.#reader.at = start;
      throw this.#reader.error('lookbehind assertion is not fixed length');
    }
    return { kind: 'look', item, isBehind, isNegated };
  }
}

const assertions: ReadonlyMap<string, Assertion> = new Map([
  ['A', 'start'],
  ['z', 'last'],
  ['Z', 'end'],
  ['b', 'word'],
  ['B', 'not-word'],
]);

/** `\R` */
const newline: PatternNode = {
  kind: 'choice',
  items: [
    {
      kind: 'sequence',
      items: [
        { kind: 'set', set: oneOf('\r') },
        { kind: 'set', set: oneOf('\n') },
      ],
    },
    { kind: 'set', set: oneOf('\n\v\f\r\x85') },
  ],
};

function literal(code: number, { i }: Flags): PatternNode {
  return { kind: 'set', set: i ? withBothCases(range(code, code)) : range(code, code) };
}

function highest(least: number, comma: string | undefined, limit: string | undefined): number {
  if (comma === undefined) return least;
  return limit ? Number(limit) : Number.POSITIVE_INFINITY;
}

function switchedFlags(flags: Flags, text: string): Flags {
  const changed: Flags = text.startsWith('^') ? { i: false, m: false, s: false, x: false } : { ...flags };
  const [on = '', off = ''] = text.split('-');
  for (const flag of ['i', 'm', 's', 'x'] as const) {
    if (on.includes(flag)) changed[flag] = true;
    if (off.includes(flag)) changed[flag] = false;
  }
  return changed;
}
