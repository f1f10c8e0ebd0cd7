import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { programPath, requires } from '../../../test/support/requirements.ts';
import { type NginxArguments, NginxUsageError, parseNginxArguments } from './arguments.ts';

const nothing: NginxArguments = {
  showsVersion: false,
  showsConfigure: false,
  showsHelp: false,
  tests: false,
  dumps: false,
  isQuiet: false,
  isLenient: false,
};

describe('parseNginxArguments', () => {
  const cases: readonly (readonly [string[], Partial<NginxArguments>])[] = [
    [[], {}],
    [['-'], {}],
    [['-tq'], { tests: true, isQuiet: true }],
    [['-T'], { tests: true, dumps: true }],
    [['-v'], { showsVersion: true }],
    [['-V'], { showsVersion: true, showsConfigure: true }],
    [['-?'], { showsVersion: true, showsHelp: true }],
    [['-c', '/a', '-p', '/b/', '-e', 'stderr'], { configFile: '/a', prefix: '/b/', errorLog: 'stderr' }],
    [['-c/a', '-p/b', '-gdaemon off;'], { configFile: '/a', prefix: '/b', directives: 'daemon off;' }],
    [['-tc/a', '-qp', '-x'], { tests: true, configFile: '/a', isQuiet: true, prefix: '-x' }],
    [['-s', 'reload'], { command: 'reload' }],
    [['-sstop'], { command: 'stop' }],
    [['-t', '--lenient'], { tests: true, isLenient: true }],
    [['-g', ''], { directives: '' }],
  ];
  for (const [argv, expected] of cases) {
    it(`reads ${JSON.stringify(argv.join(' '))}`, () => {
      assert.deepEqual(parseNginxArguments(argv), { ...nothing, ...expected });
    });
  }

  const wrong = [
    '-x',
    'foo',
    '-c',
    '-p',
    '-e',
    '-g',
    '-s',
    '-s foo',
    '-sfoo',
    '-tx',
    '--version',
    '-v foo',
    '-tq -p',
    '-th -s',
  ];
  for (const line of wrong) {
    it(`refuses "${line}" in nginx’s words`, { skip: requires('nginx') }, () => {
      const argv = line.split(' ');
      const { status, stderr } = spawnSync(programPath('nginx') ?? '', argv, { encoding: 'utf8', timeout: 5_000 });
      assert.equal(status, 1);
      assert.throws(
        () => parseNginxArguments(argv),
        (error) => error instanceof NginxUsageError && `nginx: ${error.message}\n` === stderr,
      );
    });
  }
});
