import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { benchCases } from './cases.ts';
import { parseOptions } from './options.ts';
import { benchServers } from './servers.ts';

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

describe('parseOptions', () => {
  it('selects everything when nothing is said', () => {
    const options = parseOptions([]);
    assert.deepEqual(
      [options.seconds, options.rounds, options.json, options.frontThreads],
      [undefined, 3, undefined, 1],
    );
    assert.deepEqual([options.cases, options.servers], [benchCases, benchServers]);
  });

  it('selects by the beginning of a name, in the order of the list', () => {
    const options = parseOptions(['--cases', 'fastapi,asgi-bare', '--servers', 'gunicorn']);
    assert.deepEqual(names(options.cases), ['asgi-bare', 'fastapi-json']);
    assert.deepEqual(names(options.servers), ['gunicorn-asgi', 'gunicorn-gthread']);
  });

  it('refuses what it does not know', () => {
    assert.throws(() => parseOptions(['--cases', 'asgi,nothing']), /--cases "nothing": no name begins with it/);
    assert.throws(() => parseOptions(['--seconds', '0.5']), /--seconds "0.5": it takes a whole number/);
    assert.throws(() => parseOptions(['--fast']), /--fast/);
  });
});
