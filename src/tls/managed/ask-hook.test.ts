import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { AskHook } from './ask-hook.ts';

describe('AskHook', () => {
  it('tells once in a minute that there is no answer, and no secret of the URL', async () => {
    const told: string[] = [];
    let now = 0;
    const url = 'http://user:secret1@127.0.0.1:1/ask?token=secret2';
    const hook = new AskHook({ url, steadyMs: () => now, failed: (reason) => void told.push(reason) });
    assert.equal(await hook.allows('a.test'), undefined);
    assert.equal(await hook.allows('b.test'), undefined);
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /^Cannot ask http:\/\/127\.0\.0\.1:1\/ask about a\.test: connect ECONNREFUSED/);
    now = 60_000;
    await hook.allows('c.test');
    assert.equal(told.length, 2);
  });

  it('lets a name wait where many questions are open', async () => {
    const open: ServerResponse[] = [];
    const server = createServer((_, response) => void open.push(response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const hook = new AskHook({ url, steadyMs: () => 0, failed: (reason) => assert.fail(reason) });
    const answers = Array.from({ length: 101 }, (_, index) => hook.allows(`${index}.test`));
    await until(() => open.length === 100, 'the questions');
    open[0]?.writeHead(403).end();
    await until(() => open.length === 101, 'the last question');
    for (const response of open.slice(1)) response.end();
    assert.deepEqual(await Promise.all(answers), [false, ...Array.from({ length: 100 }, () => true)]);
    server.close();
  });
});
