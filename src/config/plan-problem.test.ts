import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import type { ServerConfig } from './config.ts';
import { planProblem } from './plan-problem.ts';
import { resolve } from './resolve.ts';

function problemOf(fields: Partial<ServerConfig>): string | undefined {
  const server: ServerConfig = {
    listen: [{ bind: { kind: 'tcp', host: '0.0.0.0', port: 80 }, isDefault: false }],
    names: [],
    rules: [],
    locations: [],
    ...fields,
  };
  const config = {
    process: {},
    apps: {},
    variables: [],
    requestZones: [{ name: 'z', key: '$host', size: 2 ** 40, rate: 1000 }],
    connectionZones: [],
    logFormats: [],
    upstreams: [],
    caches: [],
    issuers: [],
    defaults: {},
    servers: [server],
  };
  return planProblem(resolve(config, { hostname: 'host' }));
}

describe('planProblem', () => {
  it('opens no logs and takes no memory for zones', async () => {
    await using folder = await AppFolder.with({});
    const target = { kind: 'file', path: join(folder.path, 'log') } as const;
    const logs = {
      accessLogs: [{ target, format: 'galley', condition: undefined, bufferSize: 0, flushMs: 0, gzipLevel: 0 }],
      errorLogs: [{ target, level: 'error' }],
    } as const;
    const rules = [{ kind: 'if', condition: { kind: 'set', variable: 'host' }, rules: [], block: logs }] as const;
    const match = { kind: 'prefix', path: '/', isFinal: false } as const;
    const limitRequests = [{ zone: 'z', burst: 0, delay: 'all' }] as const;
    const problem = problemOf({ ...logs, limitRequests, locations: [{ ...logs, match, rules, locations: [] }] });
    assert.deepEqual([problem, readdirSync(folder.path)], [undefined, []]);
  });

  it('tells what cannot be compiled', () => {
    assert.equal(
      problemOf({ expires: { kind: 'template', text: 'soon', from: 'now' } }),
      '"soon" is no value of expires',
    );
  });
});
