import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { perlMatches } from '../../../test/support/perl-matcher.ts';
import { requires } from '../../../test/support/requirements.ts';
import { PlanError } from '../compile-context.ts';
import { compilePattern } from './compile-pattern.ts';
import { parsePattern } from './parse-pattern.ts';
import { repeatsNothing } from './pattern-traits.ts';

const atom = fc.constantFrom(
  ...['a', 'b', '/', '.', '[ab]', '[^a]', '\\d', '\\w', '\\s', '\\h', '[[:alpha:]/]', '\\x61', '\\.', '1', '[^/]'],
);
const zeroWidth = fc.constantFrom(
  '^',
  '$',
  '\\b',
  '\\B',
  '\\A',
  '\\z',
  '\\Z',
  '(?=a)',
  '(?!a)',
  '(?!b.)',
  '(?<=a)',
  '(?<!/)',
);
const quantifier = fc.constantFrom(
  '',
  '',
  '',
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '??',
  '{2}',
  '{1,2}',
  '{2,}',
  '*+',
  '++',
  '?+',
);

const { pattern } = fc.letrec<{ pattern: string; branch: string; item: string; group: string }>((tie) => ({
  pattern: fc.array(tie('branch'), { minLength: 1, maxLength: 3 }).map((branches) => branches.join('|')),
  branch: fc.array(tie('item'), { maxLength: 4 }).map((items) => items.join('')),
  item: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: fc.tuple(atom, quantifier).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: zeroWidth },
    { weight: 2, arbitrary: fc.tuple(tie('group'), quantifier).map((parts) => parts.join('')) },
  ),
  group: fc
    .tuple(fc.constantFrom('(', '(?:', '(?>', '(?i:', '(?s:'), tie('pattern'))
    .map(([start, inside]) => `${start}${inside})`),
}));

const text = fc
  .array(fc.constantFrom('a', 'b', 'A', '/', '.', '1', ' ', '\n', '\r', '\xe9', 'ab', '_'), { maxLength: 12 })
  .map((pieces) => pieces.join(''));

/** undefined where the pattern is refused, which some are that look around. */
function groupsOf(source: string, subject: string): (string | undefined)[] | 'none' | undefined {
  try {
    const found = compilePattern(source, false);
    const groups = found.match(subject)?.groups;
    assert.equal(found.test(subject), groups !== undefined, source);
    return groups ? Array.from({ length: 10 }, (_, group) => groups[group] ?? '') : 'none';
  } catch (error) {
    if (error instanceof PlanError && error.message.includes('could take too long')) return undefined;
    throw error;
  }
}

describe('compilePattern, by Perl', { skip: requires('perl') }, () => {
  it('finds what Perl finds, with its groups', () => {
    const cases = fc.sample(fc.tuple(pattern, text), { numRuns: 4000, seed: Number(process.env['GALLEY_SEED'] ?? 5) });
    const wanted = perlMatches(cases);
    let compared = 0;
    for (const [index, [source, subject]] of cases.entries()) {
      const groups = groupsOf(source, subject);
      if (groups === undefined) continue;
      compared++;
      const found = wanted[index] ?? 'none';
      // RE2 and Perl differ in whether a last empty repetition sets its group.
      const isExact = !repeatsNothing(parsePattern(source, false).root);
      assert.deepEqual(
        isExact ? groups : groups[0],
        isExact ? found : found[0],
        `${source} in ${JSON.stringify(subject)}`,
      );
    }
    assert.ok(compared > 1000, `only ${compared} compared`);
  });
});
