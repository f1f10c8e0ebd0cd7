import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseMilliseconds, parseNumber, parseOffset, parseSeconds, parseSize } from './values.ts';

const day = 86_400_000;

function describeValues(
  parse: (text: string) => number | undefined,
  good: Readonly<Record<string, number>>,
  bad: readonly string[],
): void {
  describe(parse.name, () => {
    for (const [text, value] of Object.entries(good)) it(`reads ${text}`, () => assert.equal(parse(text), value));
    for (const text of bad) it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parse(text), undefined));
  });
}

describeValues(parseNumber, { '0': 0, '007': 7, '512': 512 }, [
  '',
  '-1',
  '+1',
  '1.5',
  '1k',
  ' 1',
  '1e3',
  '9'.repeat(20),
]);
describeValues(parseSize, { '0': 0, '10': 10, '8k': 8192, '1M': 1_048_576 }, ['', 'k', '1g', '1kb', '-1k', '1.5k']);
describeValues(parseOffset, { '1g': 2 ** 30, '2G': 2 ** 31, '3k': 3072 }, ['g', '1t', '999999999999999g']);
describeValues(
  parseMilliseconds,
  {
    '5': 5000,
    '500ms': 500,
    '1h30m': 5_400_000,
    '1h30m5': 5_405_000,
    '5ms3': 3005,
    '1d 2h': day + 7_200_000,
    '24d': 24 * day,
    '1w': 7 * day,
    '1m 1s 1ms': 61_001,
  },
  ['', 's', '1x', '1m1h', '1s1s', '-1', '1.5s', '1S', '25d', '1y'],
);
describeValues(parseSeconds, { '5': 5, '1h': 3600, '1m30s': 90, '1y2M': 425 * 86_400 }, ['', '5ms', 'x', '69y']);
