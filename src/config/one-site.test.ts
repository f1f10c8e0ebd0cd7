import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bind } from '../core/bind.ts';
import type { SitePlan } from '../plan/site-plan.ts';
import { appSite, folderSite, type ProxiedPath, proxySite } from './one-site.ts';
import { parseProxyUrl } from './proxy-url.ts';

function proxied(path: string, url: string): ProxiedPath {
  return { path, url: parseProxyUrl(url, (each) => each) };
}

/** The locations with what answers there: where a proxy leads, and the path that takes the place of its own. */
function locations({ servers: [server] }: SitePlan): readonly (readonly unknown[])[] {
  return (server?.locations ?? []).map(({ match, settings: { content } }) => {
    const text = match.kind === 'exact' ? `= ${match.path}` : match.kind === 'prefix' ? match.path : match.kind;
    if (content.kind !== 'proxy') return [text, content.kind];
    return content.target.kind === 'upstream' ? [text, content.target.upstream, content.target.uri] : [];
  });
}

describe('proxySite', () => {
  const site = (url: string): SitePlan => proxySite(proxied('/', url).url, [], 'off', 'here');

  it('sends everything to one upstream', () => {
    const plan = site('http://127.0.0.1:3000');
    assert.deepEqual(locations(plan), [['/', '127.0.0.1:3000', undefined]]);
    assert.deepEqual(
      plan.upstreams.map(({ name, peers }) => [name, peers.map(({ address }) => address)]),
      [['127.0.0.1:3000', [{ kind: 'tcp', host: '127.0.0.1', port: 3000 }]]],
    );
  });

  it('puts a path before all others', () => {
    assert.deepEqual(locations(site('http://a/v1')), [['/', 'a:80', '/v1/']]);
    assert.deepEqual(locations(site('http://a/')), [['/', 'a:80', undefined]]);
  });

  it('lets everything through as it is', () => {
    const [server] = site('http://a').servers;
    const { compression, charset, maxBodySize, proxy } = server?.locations[0]?.settings ?? {};
    assert.deepEqual(
      [compression, charset, maxBodySize, server?.connection.maxBodySize],
      [undefined, undefined, 0, undefined],
    );
    assert.deepEqual([proxy?.forwarded, proxy?.host, proxy?.passesUpgrade], ['x-forwarded', 'client', true]);
    assert.ok(proxy?.passedFields.includes('x-accel-redirect') && proxy.ignoredFields.includes('x-accel-redirect'));
  });

  it('looks names up again, but not localhost', () => {
    const resolves = (url: string): unknown => site(url).upstreams[0]?.peers[0]?.resolves;
    assert.deepEqual(['http://a', 'http://localhost:3000', 'http://10.0.0.1', 'http://[::1]'].map(resolves), [
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('Proxies beside what else answers', () => {
  it('answer for a path and what is below it, not for what begins alike', () => {
    const plan = folderSite('/srv', [], 'off', 'here', [proxied('/api', 'http://a')]);
    assert.deepEqual(locations(plan), [
      ['/', 'files'],
      ['= /api', 'a:80', undefined],
      ['/api/', 'a:80', undefined],
    ]);
    assert.equal(plan.upstreams.length, 1);
  });

  it('put the path of the URL in the place of their own', () => {
    const proxies = [proxied('/api', 'http://a/v1'), proxied('/b', 'http://b/'), proxied('/c/', 'http://c/')];
    assert.deepEqual(locations(folderSite('/srv', [], 'off', 'here', proxies)), [
      ['/', 'files'],
      ['= /api', 'a:80', '/v1'],
      ['/api/', 'a:80', '/v1/'],
      ['= /b', 'b:80', '/'],
      ['/b/', 'b:80', '/'],
      ['/c/', 'c:80', '/'],
    ]);
  });

  it('take bodies of any size, while the app keeps its limit', () => {
    const sizes = (proxies: readonly ProxiedPath[]): readonly unknown[] => {
      const [server] = appSite('app', [], 'off', 'here', proxies).servers;
      return [server?.connection.maxBodySize, ...(server?.locations ?? []).map((each) => each.settings.maxBodySize)];
    };
    const limit = 100 * 1024 ** 2;
    assert.deepEqual(sizes([]), [limit, 0]);
    assert.deepEqual(sizes([proxied('/old/', 'http://a')]), [undefined, limit, 0]);
  });
});

describe('A site with TLS', () => {
  const pair = { certificate: '/a.pem', key: '/a.key', passwordFile: undefined };
  const tcp = (port: number): Bind => ({ kind: 'tcp', host: '0.0.0.0', port });
  const site = (binds: readonly Bind[]): SitePlan =>
    folderSite('/srv', binds, 'off', 'here', [], { tls: { certificates: [pair] }, issuers: [] });

  it('has it at all addresses but port 80 and Unix sockets', () => {
    const { listeners, servers } = site([tcp(8000), tcp(80), { kind: 'unix', path: '/s' }]);
    assert.deepEqual(
      listeners.map(({ tls }) => tls),
      [true, false, false],
    );
    assert.deepEqual(servers[0]?.tls?.certificates, [pair]);
  });

  it('sends those who come to port 80 to the first address with TLS', () => {
    const [rule] = site([tcp(80), tcp(8443)]).servers[0]?.rules ?? [];
    assert.deepEqual(rule?.kind === 'if' && rule.rules, [
      { kind: 'return', status: 308, text: 'https://$host:8443$request_uri' },
    ]);
    assert.deepEqual(site([tcp(8443)]).servers[0]?.rules, []);
  });
});
