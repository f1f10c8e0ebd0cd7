import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VariableTable } from '../variables/variable-table.ts';
import { plainHost, ServerNames } from './server-names.ts';

const context = new VariableTable({ servers: [], variables: [] });

function namesOf(...names: string[]): (host: string) => string | undefined {
  const all = new ServerNames<string>();
  for (const name of names) all.add(name, name, context);
  return (host) => all.find(host)?.server;
}

describe('ServerNames', () => {
  it('takes the exact name, the longest *.x, the longest x.*, the first pattern', () => {
    const find = namesOf(
      '~^www\\.',
      '~x',
      '*.wild.com',
      '*.a.wild.com',
      'www.wild.*',
      'www.*',
      'exact.com',
      'www.exact.com',
    );
    for (const [host, name] of [
      ['exact.com', 'exact.com'],
      ['www.exact.com', 'www.exact.com'],
      ['b.wild.com', '*.wild.com'],
      ['b.a.wild.com', '*.a.wild.com'],
      ['www.wild.com', '*.wild.com'],
      ['www.wild.org', 'www.wild.*'],
      ['www.other.org', 'www.*'],
      ['a.x', '~x'],
      ['.wild.com', '*.wild.com'],
      ['wild.com', undefined],
      ['.', undefined],
      ['', undefined],
    ] as const) {
      assert.equal(find(host), name, host);
    }
  });

  it('takes .x for x and all below it', () => {
    const find = namesOf('.dot.com');
    assert.deepEqual(['dot.com', 'a.dot.com', 'a.b.dot.com', 'xdot.com'].map(find), [
      '.dot.com',
      '.dot.com',
      '.dot.com',
      undefined,
    ]);
  });

  it('leaves a name with the server that had it first', () => {
    const names = new ServerNames<number>();
    for (const server of [1, 2]) for (const name of ['A.com', '*.b.com', 'c.*']) names.add(name, server, context);
    assert.deepEqual(
      ['a.com', 'x.b.com', 'c.x'].map((host) => names.find(host)?.server),
      [1, 1, 1],
    );
  });
});

describe('plainHost', () => {
  it('is the host without port and final dot, in lower case', () => {
    for (const [field, host] of [
      ['Exact.COM', 'exact.com'],
      ['exact.com:8080', 'exact.com'],
      ['exact.com.', 'exact.com'],
      ['exact.com.:80', 'exact.com'],
      ['[::1]:80', '[::1]'],
      ['', ''],
    ] as const) {
      assert.equal(plainHost(field), host);
    }
  });
});
