import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { appSite, proxySite } from '../../src/config/one-site.ts';
import { parseProxyUrl } from '../../src/config/proxy-url.ts';
import { emptyBody } from '../../src/core/body.ts';
import { HeaderList } from '../../src/core/headers.ts';
import { serving } from '../support/node-upstream.ts';
import { siteStage } from '../support/site-stage.ts';

const fields: readonly [string, string][] = [
  ['x-accel-redirect', '/elsewhere'],
  ['x-accel-limit-rate', '1'],
];

describe('what is said to a server by X-Accel fields', () => {
  const bind = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;

  it('is for a server in front of the only app', async () => {
    const answer = { status: 200, headers: HeaderList.of(fields), body: emptyBody };
    const { headers } = await siteStage(appSite('app', [bind], 'off', 'here'), () => answer).ask('/');
    assert.deepEqual(headers, Object.fromEntries(fields));
  });

  it('is for a server in front of the only upstream', async () => {
    await using upstream = await serving((_, response) => response.writeHead(200, Object.fromEntries(fields)).end());
    const url = parseProxyUrl(`http://127.0.0.1:${upstream.port}`, (path) => path);
    const { status, headers } = await siteStage(proxySite(url, [bind], 'off', 'here')).ask('/');
    assert.equal(status, 200);
    for (const [name, value] of fields) assert.equal(headers[name], value);
  });
});
