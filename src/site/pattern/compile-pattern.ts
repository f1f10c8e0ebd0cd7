import { RE2JS } from 're2js';
import { PlanError } from '../compile-context.ts';
import { backtrackingWork } from './backtracking.ts';
import { parsePattern } from './parse-pattern.ts';
import type { Pattern, PatternMatch } from './pattern.ts';
import type { ParsedPattern, PatternNode } from './pattern-node.ts';
import { forgetsGroups, hasEnd, hasSlowLimits, isForRe2, isQuickWithRe2, repeatsNothing } from './pattern-traits.ts';
import { javascript, re2, writePattern } from './write-pattern.ts';

/** Steps for each byte of a text: 8 KiB then take a few milliseconds at most. */
const mostWork = 250;

/** What finds a match, and where it begins. */
interface Engine {
  test(text: string): boolean;
  find(text: string): { readonly index: number; readonly groups: readonly (string | undefined)[] } | undefined;
}

/**
 * Makes a pattern of a regular expression as PCRE has it. What a backtracking engine is provably quick with becomes a RegExp, the rest
 * is for RE2, which takes time in proportion to the text for all that it can do. Throws PlanError for one that cannot be compiled, or
 * that could take too long.
 */
export function compilePattern(source: string, ignoreCase: boolean): Pattern {
  const parsed = parsePattern(source, ignoreCase);
  const engine = engineOf(parsed, source);
  const named = [...parsed.names];
  return {
    names: named.map(([name]) => name),
    test: (text) => engine.test(text),
    match: (text) => {
      const groups = engine.find(text)?.groups;
      return groups && { groups, named: named.length === 0 ? noNames : namesOf(named, groups) };
    },
  };
}

const noNames: PatternMatch['named'] = {};

function namesOf(
  named: readonly (readonly [name: string, group: number])[],
  groups: readonly (string | undefined)[],
): PatternMatch['named'] {
  return Object.fromEntries(named.map(([name, group]) => [name, groups[group]]));
}

function engineOf({ root, groups }: ParsedPattern, source: string): Engine {
  let engine: Engine | undefined;
  try {
    engine = singleEngine(root, groups);
  } catch (error) {
    throw new PlanError(`pcre2_compile() failed: regular expression is too large in "${source}"`, { cause: error });
  }
  if (engine) return engine;
  const ways = root.kind === 'choice' ? root.items.map((item) => singleEngine(item, groups)) : [undefined];
  const usable = ways.filter((each) => each !== undefined);
  if (usable.length === ways.length && areTogetherQuick(root)) return firstOf(usable);
  const advice = hasSlowLimits(root)
    ? 'or use + and * in place of {n,m}'
    : 'or leave out what repeats inside of (?=, (?!, (?> and \\1';
  throw new PlanError(
    `the pattern "${source}" could take too long on hostile input: begin it with ^, repeat [^/] rather than a dot, ${advice}`,
  );
}

function singleEngine(root: PatternNode, groups: number): Engine | undefined {
  const isForJavascript = backtrackingWork(root) <= mostWork && !repeatsNothing(root);
  const isElsewhereBetter = forgetsGroups(root) && isForRe2(root);
  if (isForJavascript && !isElsewhereBetter) return javascriptEngine(root, groups);
  return isForRe2(root) ? re2Engine(root, groups) : undefined;
}

/** Whether the alternatives that RE2 has are quick one after the other. */
function areTogetherQuick(root: PatternNode): boolean {
  if (root.kind !== 'choice') return true;
  const items = root.items.filter(isForRe2);
  return items.length < 2 || isQuickWithRe2({ kind: 'choice', items });
}

function javascriptEngine(root: PatternNode, groups: number): Engine {
  const written = writePattern(root, javascript, groups);
  const expression = new RegExp(written.source);
  return {
    test: (text) => expression.test(text),
    find: (text) => {
      const match = expression.exec(text);
      if (!match) return undefined;
      return { index: match.index, groups: written.groups?.map((own) => match[own]) ?? match };
    },
  };
}

function re2Engine(root: PatternNode, groups: number): Engine {
  const written = writePattern(root, re2, groups);
  const expression = RE2JS.compile(written.source);
  const numbers = written.groups ?? Array.from({ length: groups + 1 }, (_, group) => group);
  const find = (text: string): ReturnType<Engine['find']> => {
    // Where groups are wanted RE2 has no quick way to find out that there is no match.
    if (!expression.test(text)) return undefined;
    const matcher = expression.matcher(text);
    if (!matcher.find()) return undefined;
    return {
      index: matcher.start(),
      groups: numbers.map((own) => (own < 0 ? undefined : (matcher.group(own) ?? undefined))),
    };
  };
  if (!hasEnd(root)) return { test: (text) => expression.test(text), find };
  // `$` is before a final newline too.
  return {
    test: (text) => expression.test(text) || (text.endsWith('\n') && expression.test(text.slice(0, -1))),
    find: (text) => find(text) ?? (text.endsWith('\n') ? find(text.slice(0, -1)) : undefined),
  };
}

/** The alternatives of one pattern: the match that begins first, and of those the first one's. */
function firstOf(engines: readonly Engine[]): Engine {
  return {
    test: (text) => engines.some((engine) => engine.test(text)),
    find: (text) => {
      let best: ReturnType<Engine['find']>;
      for (const engine of engines) {
        const found = engine.find(text);
        if (found && (!best || found.index < best.index)) best = found;
      }
      return best;
    },
  };
}
