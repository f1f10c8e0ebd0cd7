import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requires } from '../../test/support/requirements.ts';
import { benchCases, hasSite } from '../cases.ts';
import { benchServers, nginxCommand } from '../servers.ts';
import { NginxSite, page } from './site.ts';

describe('NginxSite', () => {
  it('is a folder of its own, and gone at the end', () => {
    const site = new NginxSite('default.conf', { port: 4711 }, 2);
    const config = readFileSync(join(site.folder, 'nginx.conf'), 'utf8');
    assert.match(config, /worker_processes 2;[\s\S]*listen 127\.0\.0\.1:4711 default_server;/);
    assert.equal(readFileSync(join(site.folder, 'html/page.html'), 'utf8'), page);
    site[Symbol.dispose]();
    assert.equal(existsSync(site.folder), false);
  });

  const cases = new Map(benchCases.filter(hasSite).map((each) => [each.app, each]));
  const readers = benchServers.filter((server) => server.package !== 'node');
  for (const [name, benchCase] of cases) {
    for (const server of readers.filter(({ interfaces }) => interfaces.includes(benchCase.interface))) {
      const skip = server.package !== 'galley' && requires(server.package);
      it(`${server.name} takes ${name}`, { skip }, () => {
        using site = new NginxSite(name, { port: 4711, upstream: 4712 }, 1);
        const [program = '', ...args] = server.command({
          benchCase,
          port: 4711,
          python: 'python3',
          frontThreads: 1,
          folder: site.folder,
        });
        const { status, stderr } = spawnSync(program, [...args, server.name === 'haproxy' ? '-c' : '-t'], {
          encoding: 'utf8',
        });
        assert.equal(status, 0, stderr);
      });
    }
  }

  it('nginx takes what is behind proxies', { skip: requires('nginx') }, () => {
    using site = new NginxSite('upstream.conf', { port: 4711 }, 1);
    const [program = '', ...args] = nginxCommand(site.folder);
    const { status, stderr } = spawnSync(program, [...args, '-t'], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });

  it('has a page of 100 KB', () => {
    assert.equal(page.length, 100 * 1024);
  });
});
