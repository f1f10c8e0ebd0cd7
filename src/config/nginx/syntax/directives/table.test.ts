import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { full, ignored, rule } from './rule.ts';
import { directiveRules, rulesByName } from './table.ts';

describe('directiveRules', () => {
  it('has one rule for a name in a context', () => {
    const places = directiveRules.flatMap(({ name, contexts }) => contexts.map((context) => `${name} in ${context}`));
    assert.deepEqual(
      places.filter((place, index) => places.indexOf(place) !== index),
      [],
    );
  });

  it('has directives that mean something else elsewhere', () => {
    assert.deepEqual(
      rulesByName.get('server')?.map(({ contexts, block }) => [...contexts, block]),
      [
        ['http', 'block'],
        ['upstream', undefined],
      ],
    );
  });
});

describe('rule', () => {
  it('reads how many arguments there may be', () => {
    const shapes = ['flag once', '0 many', '2 many', '1-3 once', '2+ many block', '1 once content'] as const;
    assert.deepEqual(
      shapes
        .map((shape) => rule('a', ['http'], shape, full))
        .map((each) => [each.isFlag, each.minArguments, each.maxArguments, each.isUnique, each.block, each.isContent]),
      [
        [true, 1, 1, true, undefined, false],
        [false, 0, 0, false, undefined, false],
        [false, 2, 2, false, undefined, false],
        [false, 1, 3, true, undefined, false],
        [false, 2, Number.POSITIVE_INFINITY, false, 'block', false],
        [false, 1, 1, true, undefined, true],
      ],
    );
  });

  it('keeps what Galley does with it', () => {
    assert.deepEqual(rule('a', ['http'], '0 many', ignored('why')).support, { kind: 'ignored', reason: 'why' });
  });
});
