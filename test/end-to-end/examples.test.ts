import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../support/app-folder.ts';
import { freePorts } from '../support/free-ports.ts';
import { Galley, ready, startGalley } from '../support/galley.ts';
import { until } from '../support/until.ts';

const examples = [
  { folder: 'fastapi', target: 'main:app', path: '/hello/Ana', says: '{"message":"Ahoy, Ana"}' },
  { folder: 'flask', target: 'app:app', path: '/hello/Ana', says: '<p>Ahoy, Ana' },
  { folder: 'django', target: 'mysite.asgi:application', path: '/later/', says: '{"interface": "ASGIRequest"}' },
  { folder: 'django', target: 'mysite.wsgi:application', path: '/later/', says: '{"interface": "WSGIRequest"}' },
] as const;

describe('the apps of the quick starts', () => {
  for (const { folder, target, path, says } of examples) {
    it(`answers from examples/${folder} as ${target}`, async () => {
      const directory = fileURLToPath(new URL(`../../examples/${folder}`, import.meta.url));
      await using galley = await startGalley(target, { cwd: directory, args: ['--workers', '1'] });
      const answer = await fetch(`${galley.url}${path}`);
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), says);
      assert.equal(await galley.stop(), 0);
    });
  }
});

describe('the proxy of the examples', () => {
  it('is answered by both servers in turn, keeps news, and does without one of them', async () => {
    const directory = fileURLToPath(new URL('../../examples/proxy', import.meta.url));
    await using one = await startGalley('app:app', { cwd: directory, args: ['--workers', '1'] });
    await using other = await startGalley('app:app', { cwd: directory, args: ['--workers', '1'] });
    const [port = 0] = await freePorts(1);
    const hosts = [`127.0.0.1:${port}`, new URL(one.url).host, new URL(other.url).host];
    const config = readFileSync(join(directory, 'galley.config.json'), 'utf8');
    const moved = config.replace(/127\.0\.0\.1:800([012])/g, (_, index: string) => hosts[Number(index)] ?? '');
    await using folder = await AppFolder.with({ 'galley.config.json': moved });
    await using galley = await ready(new Galley(['-c', folder.file('galley.config.json')], { namePython: false }));
    const text = async (path: string): Promise<string> => {
      const answer = await fetch(`http://${hosts[0]}${path}`);
      assert.equal(answer.status, 200, path);
      return answer.text();
    };
    const both = [await text('/a'), await text('/a')].join('');
    assert.ok(both.includes(`from ${hosts[1]},`) && both.includes(`from ${hosts[2]},`), both);

    const news = await text('/news/1');
    const again = await fetch(`http://${hosts[0]}/news/1`);
    assert.match(again.headers.get('cache-status') ?? '', /^galley; hit; ttl=\d+$/);
    assert.equal(await again.text(), news);

    await other.stop();
    for (let count = 0; count < 4; count++) assert.ok((await text('/b')).includes(`from ${hosts[1]},`));
    const told = `${hosts[2]} is unhealthy: it refuses connections`;
    await until(() => galley.stderr().includes(told), told);
    assert.equal(await galley.stop(), 0);
  });
});
