import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SitePlan } from '../../plan/site-plan.ts';
import { resolve } from '../resolve.ts';
import type { Location, Server, UserConfig } from '../schema/user-config.ts';
import { toConfig } from './to-config.ts';

function planOf(user: UserConfig): SitePlan {
  const { config, problems } = toConfig(user, '/site');
  assert.deepEqual(problems, []);
  return resolve(config, { hostname: 'here' });
}

function server(fields: Partial<Server>): Pick<UserConfig, 'servers'> {
  return { servers: [{ listen: [':80'], ...fields }] };
}

function locations(...list: readonly Location[]): Pick<UserConfig, 'servers'> {
  return server({ locations: list });
}

/** Where the proxies of a plan lead. */
function targets({ servers }: SitePlan): readonly unknown[] {
  return servers.flatMap(({ locations: list }) =>
    list.map(({ settings: { content } }) => (content.kind === 'proxy' ? content.target : content.kind)),
  );
}

describe('proxy', () => {
  it('leads to an upstream by its name, and makes one for each other address', () => {
    const plan = planOf({
      upstreams: { Old: { peers: ['10.0.0.1:8000'], balance: 'least-connections' } },
      ...locations(
        { path: '/a/', proxy: 'http://old' },
        { path: '/b/', proxy: { to: 'https://b.example/x?y' } },
        { path: '/c/', proxy: 'http://b.example:443/' },
        { path: '/d/', proxy: 'http://unix:run/d.sock:/x' },
        { path: '/e/', proxy: 'http://[::1]:3000' },
        { path: '/f/', proxy: 'http://$host' },
      ),
    });
    const target = { kind: 'upstream', scheme: 'http', uri: undefined };
    assert.deepEqual(targets(plan), [
      { ...target, upstream: 'Old', host: 'old', port: '80' },
      { ...target, upstream: 'b.example:443', scheme: 'https', uri: '/x?y', host: 'b.example', port: '443' },
      { ...target, upstream: 'b.example:443', uri: '/', host: 'b.example:443', port: '443' },
      { ...target, upstream: 'unix:/site/run/d.sock', uri: '/x', host: 'localhost', port: '' },
      { ...target, upstream: '[::1]:3000', host: '[::1]:3000', port: '3000' },
      { kind: 'template', url: 'http://$host' },
    ]);
    assert.deepEqual(
      plan.upstreams.map(({ name, peers }) => [name, ...peers.map(({ address }) => address)]),
      [
        ['Old', { kind: 'tcp', host: '10.0.0.1', port: 8000 }],
        ['b.example:443', { kind: 'tcp', host: 'b.example', port: 443 }],
        ['unix:/site/run/d.sock', { kind: 'unix', path: '/site/run/d.sock' }],
        ['[::1]:3000', { kind: 'tcp', host: '::1', port: 3000 }],
      ],
    );
  });

  it('speaks HTTP/2 for gRPC', () => {
    const plan = planOf(locations({ path: '/a', proxy: 'grpcs://a:50051' }, { path: '/b', proxy: 'grpc://$host' }));
    const contents = plan.servers[0]?.locations.map(({ settings: { content } }) => content);
    assert.deepEqual(contents, [
      {
        kind: 'proxy',
        version: '2',
        target: {
          kind: 'upstream',
          scheme: 'https',
          upstream: 'a:50051',
          uri: undefined,
          host: 'a:50051',
          port: '50051',
        },
      },
      { kind: 'proxy', version: '2', target: { kind: 'template', url: 'http://$host' } },
    ]);
  });

  it('gives inner levels its settings, but not where it leads', () => {
    const plan = planOf({
      defaults: { proxy: { timeouts: { connect: '1s' }, tls: { verify: false } } },
      ...server({
        proxy: { to: 'http://a', timeouts: { read: '2s' } },
        locations: [{ path: '/', proxy: { headers: { 'X-A': '1' } } }],
      }),
    });
    const [first] = plan.servers;
    const settings = first?.locations[0]?.settings;
    assert.equal(first?.settings.content.kind, 'proxy');
    assert.equal(settings?.content.kind, 'files');
    assert.deepEqual(
      [settings?.proxy.connectTimeoutMs, settings?.proxy.readTimeoutMs, settings?.proxyTls.verify],
      [1_000, 2_000, false],
    );
    assert.deepEqual(settings?.proxy.setFields, [{ name: 'X-A', value: '1' }]);
  });

  it('has paths of files from the folder of the config', () => {
    const plan = planOf(locations({ path: '/', proxy: { to: 'https://a', tempFolder: 't', tls: { crl: 'a.crl' } } }));
    const { proxy, proxyTls } = plan.servers[0]?.locations[0]?.settings ?? {};
    assert.deepEqual([proxy?.tempFolder, proxyTls?.crl], ['/site/t', '/site/a.crl']);
  });
});

describe('upstreams', () => {
  it('look names up again by the name servers of the system, unless that is said', () => {
    const plan = planOf({
      upstreams: {
        a: { peers: ['app:8000', '10.0.0.1', 'localhost', { address: 'b', resolve: false }, 'unix:x'] },
        b: { peers: ['10.0.0.1'] },
        c: { peers: ['app'], resolver: false },
        d: { peers: ['app'], resolver: { servers: ['[::1]:5353', '10.0.0.2'], valid: '10s' } },
      },
    });
    const [a, b, c, d] = plan.upstreams;
    assert.deepEqual(
      a?.peers.map(({ resolves }) => resolves),
      [true, false, false, false, false],
    );
    assert.deepEqual(a?.resolver?.servers, []);
    assert.deepEqual([b?.resolver, c?.resolver], [undefined, undefined]);
    assert.deepEqual(d?.resolver?.servers, [
      { host: '::1', port: 5353 },
      { host: '10.0.0.2', port: 53 },
    ]);
    assert.equal(d?.resolver?.validMs, 10_000);
  });
});

describe('cache', () => {
  /** The caches of the plan, and those of its locations. */
  function caches(user: UserConfig): readonly [made: readonly string[], used: readonly (string | undefined)[]] {
    const plan = planOf(user);
    const used = plan.servers.flatMap((each) => each.locations.map(({ settings }) => settings.cache?.cache));
    return [plan.caches.map(({ name }) => name), used];
  }

  it('is one of memory where none is named', () => {
    const plan = planOf(locations({ path: '/', proxy: 'http://old', cache: { valid: '10m' } }));
    assert.deepEqual(plan.caches, [
      {
        name: 'default',
        disk: undefined,
        memorySize: 64 * 1024 ** 2,
        maxEntrySize: 8 * 1024 ** 2,
        maxEntries: 100_000,
        inactiveMs: 86_400_000,
      },
    ]);
    const { cache } = plan.servers[0]?.locations[0]?.settings ?? {};
    assert.deepEqual([cache?.cache, cache?.rules], ['default', 'rfc']);
    assert.deepEqual(cache?.valid, [{ statuses: [200, 301, 302], ms: 600_000 }]);
  });

  it('is that of the outer level where none is named', () => {
    const list: readonly Location[] = [
      { path: '/a' },
      { path: '/b', cache: true },
      { path: '/c', cache: '1m' },
      { path: '/d', cache: { minUses: 2 } },
      { path: '/e', cache: false },
      { path: '/f', cache: 'own' },
    ];
    const named = { caches: { big: {}, own: {} }, ...server({ cache: 'big', locations: list }) };
    assert.deepEqual(caches(named), [
      ['big', 'own'],
      ['big', 'big', 'big', 'big', undefined, 'own'],
    ]);
    const unnamed = { caches: { own: {} }, ...server({ cache: false, locations: list }) };
    assert.deepEqual(caches(unnamed), [
      ['own', 'default'],
      [undefined, 'default', 'default', 'default', undefined, 'own'],
    ]);
  });

  it('is none where defaults only say how', () => {
    const one = locations({ path: '/' });
    assert.deepEqual(caches({ defaults: { cache: { lock: false } }, ...one }), [[], [undefined]]);
    assert.deepEqual(caches({ defaults: { cache: { name: 'default' } }, ...one }), [['default'], ['default']]);
    assert.deepEqual(caches({ defaults: { cache: true }, ...one }), [['default'], ['default']]);
    assert.deepEqual(caches({ defaults: { cache: '1m' }, ...one }), [['default'], ['default']]);
  });

  it('is there for an if as well', () => {
    const rules = [{ if: { variable: 'host' }, settings: { cache: '1m' } }];
    assert.deepEqual(caches(locations({ path: '/', rules })), [['default'], [undefined]]);
  });

  it('says how long answers are fresh by a table, in its order, or by a list', () => {
    const valid = (user: NonNullable<Location['cache']>): unknown =>
      planOf(locations({ path: '/', cache: user })).servers[0]?.locations[0]?.settings.cache?.valid;
    assert.deepEqual(valid({ valid: { any: '1s', 404: '1m' } }), [
      { statuses: [404], ms: 60_000 },
      { statuses: 'any', ms: 1_000 },
    ]);
    assert.deepEqual(valid({ valid: [{ statuses: [200, 404], time: '1m' }] }), [{ statuses: [200, 404], ms: 60_000 }]);
  });
});
