import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { resolve } from '../../src/config/resolve.ts';
import type { Location, Server } from '../../src/config/schema/user-config.ts';
import { toConfig } from '../../src/config/typed/to-config.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { HeaderList } from '../../src/core/headers.ts';
import type { Reply } from '../../src/core/reply.ts';
import { type SiteStage, siteStage } from '../support/site-stage.ts';

const locations: readonly Location[] = [
  { path: '/', app: 'a', cache: true },
  { path: '/protected/', internal: true, app: 'a', cache: { valid: '10m' } },
  { path: '/guarded/', authRequest: '/authz', app: 'a', cache: { valid: '10m' } },
  { path: '= /authz', internal: true, app: 'a', cache: { valid: '10m' } },
  { path: '/pages/', tryFiles: ['$uri', '@pages'] },
  { path: '@pages', app: 'a', cache: { valid: '10m' } },
];

/** A site with one cache, whose app answers with what `answers` has for a path. */
function siteOf(answers: Readonly<Record<string, (exchange: Exchange) => Partial<Reply>>>): SiteStage {
  const { config, problems } = toConfig(
    { apps: { a: { python: 'a:app' } }, defaults: { accessLog: false }, servers: [{ listen: [':80'], locations }] },
    '/site',
  );
  assert.deepEqual(problems, []);
  return siteStage(resolve(config, { hostname: 'here' }), (exchange) => ({
    status: 200,
    headers: HeaderList.empty,
    body: Buffer.from(exchange.request.target),
    ...answers[exchange.request.path]?.(exchange),
  }));
}

/** A site with a proxy that has a cache. The upstream answers `fields`. */
async function proxyOf(
  proxy: Partial<Exclude<Location['proxy'], string | undefined>>,
  fields: Readonly<Record<string, string>>,
): Promise<SiteStage & AsyncDisposable> {
  const origin = createServer((request, response) => {
    const isSame = fields['etag'] !== undefined && request.headers['if-none-match'] === fields['etag'];
    response.writeHead(isSame ? 304 : 200, fields);
    response.end(isSame ? undefined : `for ${request.headers.cookie}`);
  }).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { port } = origin.address() as AddressInfo;
  const { config, problems } = toConfig(
    {
      upstreams: { u: { peers: [`127.0.0.1:${port}`], sticky: { cookie: 'stick' } } },
      defaults: { accessLog: false },
      servers: [{ listen: [':80'], locations: [{ path: '/', proxy: { to: 'http://u', ...proxy }, cache: true }] }],
    },
    '/site',
  );
  assert.deepEqual(problems, []);
  const stage = siteStage(resolve(config, { hostname: 'here' }));
  return {
    ...stage,
    async [Symbol.asyncDispose]() {
      origin.closeAllConnections();
      await new Promise((closed) => origin.close(closed));
    },
  };
}

const isKnown = ({ request }: Exchange): boolean => request.headers.get('cookie') === 'known';
const inAnHour = (): string => new Date(Date.now() + 3_600_000).toUTCString();
const known = { headers: { cookie: 'known' } };
const noStore = HeaderList.of([['cache-control', 'no-store']]);

describe('The cache of a location', () => {
  it('gives nobody what another was sent to by X-Accel-Redirect', async () => {
    const site = siteOf({
      '/dl': (exchange) =>
        isKnown(exchange)
          ? { headers: HeaderList.of([['x-accel-redirect', '/protected/secret']]) }
          : { status: 403, headers: noStore },
    });
    for (const target of ['/dl', '/dl?a']) {
      assert.equal((await site.ask(target, known)).text, '/protected/secret');
      assert.equal((await site.ask(target)).status, 403);
    }
    const asked = site.asked.length;
    assert.equal((await site.ask('/dl', known)).text, '/protected/secret');
    assert.equal(site.asked.length, asked + 1);
  });

  it('keeps what a subrequest is told apart from the answer to its request', async () => {
    const site = siteOf({
      '/guarded/p': () => ({ body: Buffer.from('guarded') }),
      '/authz': (exchange) => (isKnown(exchange) ? {} : { status: 403, headers: noStore }),
    });
    assert.equal((await site.ask('/guarded/p')).status, 403);
    assert.equal((await site.ask('/guarded/p', known)).text, 'guarded');
  });

  it('does not mistake the path of a client for that of a redirect', async () => {
    const site = siteOf({ '/dl': () => ({ headers: HeaderList.of([['x-accel-redirect', '/protected/secret']]) }) });
    await site.ask('/dl');
    for (const target of ['/protected/secret', '/protected/secret%23/protected/']) {
      assert.equal((await site.ask(target)).status, 404);
    }
  });

  it('keeps and forgets what tryFiles sends to another location', async () => {
    const site = siteOf({});
    await site.ask('/pages/a');
    await site.ask('/pages/a');
    assert.equal(site.asked.length, 1);
    await site.ask('/pages/a', { method: 'POST' });
    await site.ask('/pages/a');
    assert.equal(site.asked.length, 3);
  });

  it('forgets what a changed path is, and what its answer names, by the path without dot segments', async () => {
    const fresh = HeaderList.of([['cache-control', 'max-age=60']]);
    const site = siteOf({
      '/a': () => ({ headers: fresh }),
      '/b': ({ request }) => ({
        headers: request.method === 'POST' ? HeaderList.of([['location', '/x%2f../a']]) : fresh,
      }),
    });
    for (const target of ['/x/../a', '/x/%2e%2e/a', '/b']) {
      await site.ask('/a');
      const asked = site.asked.length;
      await site.ask('/a');
      assert.equal(site.asked.length, asked, 'it is kept');
      await site.ask(target, { method: 'POST' });
      await site.ask('/a');
      assert.equal(site.asked.length, asked + 2, target);
    }
  });

  it('takes no harm from an answer to POST that names what is no path', async () => {
    const site = siteOf({
      '/a': ({ request }) => ({ headers: HeaderList.of([['location', decodeURIComponent(request.query)]]) }),
    });
    for (const location of ['/%zz', '/%00', '/a%2f..%2f..%2f..', '/a//%2e%2e%2f..%2f..']) {
      assert.equal((await site.ask(`/a?${encodeURIComponent(location)}`, { method: 'POST' })).status, 200, location);
    }
  });

  it('keeps ports of a host apart, as the app is told them', async () => {
    const site = siteOf({
      '/r': ({ request }) => ({
        status: 301,
        headers: HeaderList.of([
          ['cache-control', 'max-age=60'],
          ['location', `http://${request.headers.get('host')}/r/`],
        ]),
      }),
    });
    await site.ask('/r', { headers: { host: 'test:1337' } });
    assert.equal((await site.ask('/r')).headers['location'], 'http://test/r/');
    assert.equal((await site.ask('/r', { headers: { host: 'TEST:80' } })).headers['location'], 'http://test/r/');
  });

  it('keeps what another server answers at another address apart, whatever host a client names', async () => {
    const stage = (servers: readonly Server[]): SiteStage => {
      const { config, problems } = toConfig(
        { apps: { a: { python: 'a:app' }, b: { python: 'b:app' } }, defaults: { accessLog: false }, servers },
        '/site',
      );
      assert.deepEqual(problems, []);
      return siteStage(resolve(config, { hostname: 'here' }), () => ({
        status: 200,
        headers: HeaderList.of([['cache-control', 'max-age=60']]),
        body: Buffer.from('x'),
      }));
    };
    const cached = (app: string): Location[] => [{ path: '/', app, cache: true }];
    const times = async (site: SiteStage, listeners: readonly number[]): Promise<number> => {
      for (const listener of listeners) await site.ask('/p', { listener, headers: { host: 'victim.test' } });
      return site.asked.length;
    };
    for (const [one, other] of [
      [[':8081'], [':8082']],
      [['127.0.0.1:80'], ['127.0.0.2:80']],
      [[':80'], [':80', 'unix:/run/other']],
    ] as const) {
      const site = stage([
        { listen: one, hosts: ['victim.test'], locations: cached('a') },
        { listen: other, hosts: ['other.test'], locations: cached('b') },
      ]);
      assert.equal(await times(site, [1, 0, 1, 0]), 2, one[0]);
    }
    // They come to the same server.
    const both = stage([
      { listen: [':80', '[::]:80'], hosts: ['victim.test'], locations: cached('a') },
      { listen: [':80', '[::]:80'], hosts: ['other.test'], locations: cached('b') },
      { listen: [':8080'], locations: [{ path: '/', app: 'b' }] },
    ]);
    assert.equal(await times(both, [0, 1]), 1);
  });

  it('hears what clients do not', async () => {
    for (const [name, value] of [
      ['cache-control', 'private'],
      ['set-cookie', 'a=b'],
      ['vary', '*'],
      ['cdn-cache-control', 'no-store'],
    ] as const) {
      await using site = await proxyOf({ hide: [name] }, { expires: inAnHour(), [name]: value });
      const { text, headers } = await site.ask('/', { headers: { cookie: 'stick=x' } });
      assert.deepEqual([text, headers['expires']?.length, headers[name] === value], ['for stick=x', 29, false], name);
      assert.equal((await site.ask('/')).text, 'for undefined', name);
    }
  });

  it('keeps what came from a sticky upstream, and its cookie is for the one who asked', async () => {
    await using site = await proxyOf({}, { 'cache-control': 'max-age=60' });
    const first = await site.ask('/');
    assert.match(first.headers['set-cookie'] ?? '', /^stick=/);
    const second = await site.ask('/', { headers: { cookie: 'a=b' } });
    assert.deepEqual([second.text, second.headers['set-cookie']], ['for undefined', undefined]);
    assert.match(second.headers['cache-status'] ?? '', /; hit;/);
  });

  it('binds who has asked to the server that said that what is kept still holds', async () => {
    await using site = await proxyOf({}, { 'cache-control': 'no-cache', etag: '"1"' });
    for (const what of ['stored', 'fwd-status=304']) {
      const { headers } = await site.ask('/');
      assert.match(headers['cache-status'] ?? '', new RegExp(what));
      assert.match(headers['set-cookie'] ?? '', /^stick=/, what);
    }
  });

  it('forgets all that begins with a path for PURGE alone', async () => {
    const site = siteOf({ '/a': () => ({ headers: HeaderList.of([['cache-control', 'max-age=60']]) }) });
    await site.ask('/a');
    await site.ask('/*', { method: 'POST' });
    const asked = site.asked.length;
    await site.ask('/a');
    assert.equal(site.asked.length, asked);
  });
});
