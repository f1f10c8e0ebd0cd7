import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatHttpDate, parseHttpDate } from './date.ts';

const dates: readonly [text: string, seconds: number | undefined][] = [
  ['Sun, 06 Nov 1994 08:49:37 GMT', 784111777],
  ['sun, 06 nov 1994 08:49:37 gmt', 784111777],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 784111777],
  ['Sun Nov  6 08:49:37 1994', 784111777],
  ['Wed Nov 16 08:49:37 1994', 784975777],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['Sat, 29 Feb 2020 23:59:59 GMT', 1583020799],
  ['Tuesday, 01-Jan-69 00:00:00 GMT', 3124224000],
  ['Thursday, 01-Jan-70 00:00:00 GMT', 0],
  ['Fri, 01 Jan 0099 00:00:00 GMT', -59042995200],
  ['Sat, 30 Feb 2020 00:00:00 GMT', undefined],
  ['Sat, 00 Jan 2020 00:00:00 GMT', undefined],
  ['Sun, 06 Nov 1994 24:00:00 GMT', undefined],
  ['Sun, 06 Nov 1994 08:60:00 GMT', undefined],
  ['Sun, 06 Foo 1994 08:49:37 GMT', undefined],
  ['Sun, 06 Nov 1994 08:49:37 PST', undefined],
  ['Sun, 06 Nov 1994 08:49:37', undefined],
  ['1994-11-06T08:49:37Z', undefined],
  ['784111777', undefined],
  ['', undefined],
];

describe('parseHttpDate', () => {
  for (const [text, seconds] of dates) {
    it(`reads ${JSON.stringify(text)} as ${seconds}`, () => assert.equal(parseHttpDate(text), seconds));
  }
});

it('formatHttpDate gives what parseHttpDate reads', () => {
  assert.equal(formatHttpDate(784111777), 'Sun, 06 Nov 1994 08:49:37 GMT');
  assert.equal(parseHttpDate(formatHttpDate(4102444799)), 4102444799);
});
