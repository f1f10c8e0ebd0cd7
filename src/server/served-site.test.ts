import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { appSite } from '../config/one-site.ts';
import { ListenError } from '../front/listen.ts';
import { createLog } from '../observe/log.ts';
import { TlsSupervisor } from '../tls/supervision/tls-supervisor.ts';
import { UpstreamSupervisor } from '../upstream/supervision/upstream-supervisor.ts';
import type { FrontThreads } from './front-threads.ts';
import { ServedSite } from './served-site.ts';

const site = appSite('app', [{ kind: 'tcp', host: '127.0.0.1', port: 8000 }], 'off', 'here');

interface Stage {
  readonly served: ServedSite;
  /** How often it has tried to listen. */
  readonly tries: number;
  log(): string;
  /** What listening fails with from now on; undefined for nothing. */
  fail(error: Error | undefined): void;
  /** Time goes on by so much, and what is due is done. */
  wait(milliseconds: number): Promise<void>;
}

/** A site that was told to listen no more and whose address another process has since. */
async function taken(test: (stage: Stage) => Promise<void>): Promise<void> {
  let problem: Error | undefined;
  let tries = 0;
  let logged = '';
  const write = (text: string): void => {
    logged += text;
  };
  const fronts = {
    count: 1,
    async use() {},
    async listen() {
      tries++;
      if (problem) throw problem;
    },
    unlisten() {},
  };
  const log = createLog({ level: 'info' }, write, () => new Date());
  const upstreams = new UpstreamSupervisor({ frontCount: 1, log, now: () => 0, changed: () => {} });
  const tls = new TlsSupervisor({
    log,
    issuers: undefined,
    stapler: undefined,
    now: () => new Date(),
    changed: () => {},
    changedOnDemand: () => {},
  });
  const served = new ServedSite(fronts as unknown as FrontThreads, upstreams, tls, log);
  await served.start(site, [], (binds) => binds.map((bind) => ({ bind, fds: [], origin: 'galley' })));
  served.stopListening();
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    problem = new ListenError('Cannot listen');
    await served.change(site, []);
    assert.match(logged, /tried until they can be/);
    tries = 0;
    await test({
      served,
      get tries() {
        return tries;
      },
      log: () => logged,
      fail(error) {
        problem = error;
      },
      async wait(milliseconds) {
        mock.timers.tick(milliseconds);
        await new Promise(setImmediate);
      },
    });
  } finally {
    served.stopTrying();
    mock.timers.reset();
  }
}

describe('ServedSite', () => {
  it('tries to listen again after pauses that grow to a second', () =>
    taken(async (stage) => {
      for (const [index, pauseMs] of [100, 200, 400, 800, 1_000, 1_000].entries()) {
        await stage.wait(pauseMs - 1);
        assert.equal(stage.tries, index, `not before ${pauseMs} ms`);
        await stage.wait(1);
        assert.equal(stage.tries, index + 1, `after ${pauseMs} ms`);
      }
      stage.fail(undefined);
      await stage.wait(1_000);
      assert.match(stage.log(), /all addresses are listened on again/);
      await stage.wait(10_000);
      assert.equal(stage.tries, 7);
    }));

  it('tries at once where the process that had the address has ended', () =>
    taken(async (stage) => {
      await stage.wait(100);
      stage.fail(undefined);
      stage.served.tryNow();
      await stage.wait(0);
      assert.match(stage.log(), /all addresses are listened on again/);
      stage.served.tryNow();
      await stage.wait(10_000);
      assert.equal(stage.tries, 2);
    }));

  it('tells of a defect, and can be changed all the same', () =>
    taken(async (stage) => {
      stage.fail(new TypeError('oops'));
      await stage.wait(100);
      assert.match(stage.log(), /a defect of Galley, please report it\n +TypeError: oops/);
      stage.fail(undefined);
      await stage.served.change(site, []);
      assert.equal(stage.tries, 2);
    }));
});
