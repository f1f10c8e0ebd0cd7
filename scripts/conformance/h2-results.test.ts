import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type H2Case, readReport, summarizeH2 } from './h2-results.ts';

const passing: H2Case = { name: 'http2/5.1 does this', failure: undefined, isSkipped: false };
const failing: H2Case = { name: 'http2/5.2 does that', failure: 'GOAWAY &lt;x&gt;\nTimeout', isSkipped: false };

describe('readReport', () => {
  it('finds the cases, passed, failed and skipped', () => {
    const report = `<testsuites><testsuite name="x">
      <testcase package="http2/8.1" classname="Sends &#34;:path&#34;" time="0.1"></testcase>
      <testcase package="hpack/4.2" classname="Sends it" time="0.1">
        <error>GOAWAY
Timeout</error>
      </testcase>
      <testcase package="generic/1" classname="Skips" time="0.1"><skipped></skipped></testcase>
    </testsuite></testsuites>`;
    assert.deepEqual(readReport(report), [
      { name: 'http2/8.1 Sends ":path"', failure: undefined, isSkipped: false },
      { name: 'hpack/4.2 Sends it', failure: 'GOAWAY\nTimeout', isSkipped: false },
      { name: 'generic/1 Skips', failure: undefined, isSkipped: true },
    ]);
  });
});

describe('summarizeH2', () => {
  it('passes a run without a failure', () => {
    assert.deepEqual(summarizeH2([passing], {}), {
      lines: ['1 of 1 passed, 0 are exceptions, 0 failed, 0 skipped'],
      passed: true,
    });
  });

  it('passes a failure that is an exception, and says why', () => {
    const { lines, passed } = summarizeH2([passing, failing], { [failing.name]: 'it is old' });
    assert.equal(passed, true);
    assert.deepEqual(lines, [
      'not passed: http2/5.2 does that: it is old',
      '1 of 2 passed, 1 are exceptions, 0 failed, 0 skipped',
    ]);
  });

  it('fails any other failure, and shows it', () => {
    const { lines, passed } = summarizeH2([passing, failing], {});
    assert.equal(passed, false);
    assert.equal(lines[0], 'failed: http2/5.2 does that\n  GOAWAY <x>\n  Timeout');
  });

  it('says which exception is none any more', () => {
    const { lines, passed } = summarizeH2([passing], { [passing.name]: 'it is old' });
    assert.equal(passed, true);
    assert.match(lines[0] ?? '', /though it has an exception: http2\/5\.1/);
  });

  it('fails what was skipped, and a run that never began', () => {
    assert.equal(summarizeH2([{ ...passing, isSkipped: true }], {}).passed, false);
    assert.equal(summarizeH2([], {}).passed, false);
  });
});
