import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { until } from '../../support/until.ts';
import { BoundGalley } from './bound-galley.ts';

describe('galley, when a front thread has died', () => {
  it('can be upgraded, and deletes the file of its Unix socket at the stop', async () => {
    await using bound = await BoundGalley.start('-b', 'unix:u.sock', '-b', '127.0.0.1:0', '--front-threads', '2');
    const { galley, folder } = bound;
    const url = /http:\/\/\S+/.exec(galley.stderr())?.[0] ?? '';
    const answers = async (): Promise<boolean> => /^\d+$/.test(await bound.get('u.sock'));
    for (const front of [1, 0]) await bound.endFront(front);
    await until(answers, () => `it answers on the Unix socket again\n${galley.stderr()}`);
    const next = await bound.upgrade();
    assert.ok(await answers());
    for (let sent = 0; sent < 10; sent++) {
      const answer = await fetch(url, { headers: { connection: 'close' } });
      assert.match(await answer.text(), /^\d+$/);
    }
    await bound.stopNext(next);
    assert.ok(!existsSync(folder.file('u.sock')));
  });

  it('deletes the file of the Unix socket that the replacement has opened', async () => {
    await using bound = await BoundGalley.start('-b', 'unix:u.sock', '--front-threads', '2');
    await bound.endFront(0);
    await until(
      async () => /^\d+$/.test(await bound.get('u.sock')),
      () => `it answers again\n${bound.galley.stderr()}`,
    );
    assert.equal(await bound.galley.stop(), 0);
    assert.ok(!existsSync(bound.folder.file('u.sock')));
  });
});
