import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { upgradeVariable } from '../../server/inherited-sockets.ts';
import { takeRole } from './daemon.ts';

describe('takeRole', () => {
  it('takes a process for the starter, the daemon, or the successor of one that serves', () => {
    const daemon: NodeJS.ProcessEnv = { GALLEY_NGINX_DAEMON: '1', HOME: '/' };
    assert.equal(takeRole({ HOME: '/' }), 'starter');
    assert.equal(takeRole(daemon), 'daemon');
    assert.equal(takeRole({ [upgradeVariable]: '[]' }), 'successor');
    assert.equal(takeRole({ [upgradeVariable]: '[]', GALLEY_NGINX_DAEMON: '1' }), 'successor');
  });

  it('removes what makes a daemon, so that no app takes itself for one', () => {
    const environment: NodeJS.ProcessEnv = { GALLEY_NGINX_DAEMON: '1', HOME: '/' };
    takeRole(environment);
    assert.deepEqual(environment, { HOME: '/' });
  });
});
