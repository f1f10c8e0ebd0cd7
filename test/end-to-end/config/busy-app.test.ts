import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { freePorts } from '../../support/free-ports.ts';
import { until } from '../../support/until.ts';
import { ConfigStage, testApp, testAppBlock } from './config-stage.ts';

const configs: Readonly<Record<string, (port: number) => string>> = {
  'a.config.json': (port) =>
    JSON.stringify({
      apps: { app: testApp('process_asgi_app:app', { concurrency: 1, queueSize: 1 }) },
      servers: [
        {
          listen: [`127.0.0.1:${port}`],
          locations: [
            { path: '/', app: 'app', errorPages: { 503: '/busy' } },
            { path: '= /raw', app: 'app' },
            { path: '= /busy', respond: 'come back later' },
          ],
        },
      ],
    }),
  'nginx.conf': (port) => `
    events {}
    ${testAppBlock('app', 'process_asgi_app:app', 'concurrency 1; queue_size 1;')}
    http {
      access_log off;
      server {
        listen 127.0.0.1:${port};
        location / { app_pass app; error_page 503 /busy; }
        location = /raw { app_pass app; }
        location = /busy { return 200 "come back later"; }
      }
    }
  `,
};

for (const [name, text] of Object.entries(configs)) {
  describe(`an app with more requests than it has room for, by ${name}`, () => {
    it('has the error page of its location, and those that wait are answered', async () => {
      const [port = 0] = await freePorts(1);
      await using stage = await ConfigStage.start({ [name]: text(port) });
      const held = stage.ask('/hold?1', { method: 'POST' });
      await until(() => existsSync(stage.folder.file('held-1')), 'the app has the first');
      const queued = stage.ask('/hold?2', { method: 'POST' });
      await until(async () => (await stage.status()).apps[0]?.queue.depth === 1, 'the second waits');
      const refused = await stage.ask('/hold?3', { method: 'POST', body: 'x' });
      assert.deepEqual([refused.status, refused.body], [503, 'come back later']);
      const raw = await stage.ask('/raw');
      assert.equal(raw.status, 503);
      assert.match(raw.headers['retry-after'] ?? '', /^\d+$/);
      await stage.folder.write('release', '');
      assert.deepEqual([(await held).status, (await queued).status], [200, 200]);
      assert.equal(existsSync(stage.folder.file('held-3')), false);
    });
  });
}
