import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BenchCase, benchCases } from './cases.ts';
import { judge } from './promises.ts';
import { caseTable, promiseLines } from './report.ts';
import type { BenchResult } from './results.ts';

const caseNamed = (wanted: string): BenchCase => benchCases.find(({ name }) => name === wanted)!;

const rest = { p50Us: 1210, p99Us: 2345, memoryBytes: 2 ** 25, badAnswers: 0, socketErrors: 0 };
const result = (server: string, cpuUs: number, answersPerSecond: number): BenchResult => ({
  case: 'asgi-bare',
  server,
  version: '1.0',
  rounds: [{ cpuUs, answersPerSecond, ...rest }],
  failure: undefined,
});
const galley = result('galley', 15, 66000);
const uvicorn = result('uvicorn', 24, 41000);

describe('caseTable', () => {
  it('shows each server with its ratio both ways', () => {
    const lines = caseTable(caseNamed('asgi-bare'), [galley, uvicorn]).split('\n');
    assert.equal(lines[0], 'asgi-bare');
    assert.match(lines[3] ?? '', /^galley +1\.0 +15\.0 +1\.00 +1\.00 +66000 +1\.21 +2\.35 +32$/);
    assert.match(lines[4] ?? '', /^uvicorn +1\.0 +24\.0 +1\.60 +0\.63 +41000 +1\.21 +2\.35 +32$/);
  });

  it('says of handshakes how many a second of CPU does', () => {
    const lines = caseTable(caseNamed('tls-handshake'), [{ ...galley, case: 'tls-handshake' }]).split('\n');
    assert.match(lines[1] ?? '', /^server +version +µs CPU\/handshake .* \/CPU s /);
    assert.match(lines[3] ?? '', /^galley +1\.0 +15\.0 +1\.00 +1\.00 +66667 /);
  });

  it('keeps the row of a server that did not start and says why', () => {
    const dead = { ...galley, rounds: [], failure: 'did not start (exit code 3)' };
    const lines = caseTable(caseNamed('asgi-bare'), [dead, uvicorn]).split('\n');
    assert.match(lines[3] ?? '', /^galley +1\.0( +-){7}$/);
    assert.equal(lines[4], '  !! did not start (exit code 3)');
    assert.match(lines[5] ?? '', /^uvicorn +1\.0 +24\.0 +- +- +41000/);
  });

  it('says of open connections what one adds, to the first process and to the others', () => {
    const rounds = [{ cpuUs: 2, memoryBytes: 2 ** 27, connectionBytes: 12_288, mainConnectionBytes: 3_072 }];
    const open = (server: string, factor: number): BenchResult => ({
      ...result(server, 1, 1),
      case: 'websocket-idle',
      rounds: rounds.map((round) => ({
        ...round,
        connectionBytes: round.connectionBytes * factor,
        badAnswers: 0,
        socketErrors: 0,
      })),
    });
    const lines = caseTable(caseNamed('websocket-idle'), [open('galley', 1), open('uvicorn', 2)]).split('\n');
    assert.match(lines[3] ?? '', /^galley +1\.0 +12\.0 +3\.0 +9\.0 +1\.00 +1\.00 +2\.0 +128$/);
    assert.match(lines[4] ?? '', /^uvicorn +1\.0 +24\.0 +3\.0 +21\.0 +2\.00 +0\.50 +2\.0 +128$/);
  });

  it('says of a mixed load how long the short ones took and how evenly the workers were busy', () => {
    const mixed = (server: string, factor: number): BenchResult => ({
      ...result(server, 15, 1072),
      case: 'wsgi-mixed',
      rounds: [
        { ...rest, cpuUs: 15, answersPerSecond: 1072, p99Us: 2500 * factor, longP99Us: 210_000, imbalance: 1.05 },
      ],
    });
    const lines = caseTable(caseNamed('wsgi-mixed'), [mixed('galley', 1), mixed('gunicorn-gthread', 4)]).split('\n');
    assert.match(lines[3] ?? '', /^galley +1\.0 +1\.21 +2\.50 +1\.00 +1\.00 +210\.00 +1\.05 +1072 +15\.0 +32$/);
    assert.match(
      lines[4] ?? '',
      /^gunicorn-gthread +1\.0 +1\.21 +10\.00 +4\.00 +0\.25 +210\.00 +1\.05 +1072 +15\.0 +32$/,
    );
  });

  it('leaves out other cases', () => {
    assert.doesNotMatch(caseTable(caseNamed('asgi-10k'), [galley]), /15\.0/);
  });
});

describe('promiseLines', () => {
  it('gives ratio, bound and verdict', () => {
    const lines = promiseLines(judge([galley, uvicorn])).split('\n');
    assert.match(lines[1] ?? '', /^asgi-bare against uvicorn +0\.63 +0\.75 +met$/);
    assert.match(lines[2] ?? '', /^fastapi-json against uvicorn +- +0\.85 +not measured$/);
  });
});
