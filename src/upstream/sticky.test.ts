import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cookieRoute, routeOfAddress, stickyCookie } from './sticky.ts';

describe('stickyCookie', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  const plain = {
    kind: 'cookie',
    name: 'srv_id',
    expires: undefined,
    domain: undefined,
    path: undefined,
    flags: [],
  } as const;
  const cases: readonly (readonly [options: Partial<Parameters<typeof stickyCookie>[0]>, text: string])[] = [
    [{}, 'srv_id=a'],
    [{ expires: 3_600 }, 'srv_id=a; expires=Sun, 01 Mar 2026 13:00:00 GMT'],
    [{ expires: 'max' }, 'srv_id=a; expires=Thu, 31 Dec 2037 23:55:55 GMT'],
    [
      { name: 'x', expires: 0, domain: '.example.com', path: '/', flags: ['secure', 'samesite=lax'] },
      'x=a; expires=Sun, 01 Mar 2026 12:00:00 GMT; domain=.example.com; path=/; secure; samesite=lax',
    ],
  ];
  for (const [options, text] of cases) {
    it(`is ${text}`, () => assert.equal(stickyCookie({ ...plain, ...options }, 'a', now), text));
  }
});

describe('cookieRoute', () => {
  const cases: readonly (readonly [fields: readonly string[], route: string | undefined])[] = [
    [[], undefined],
    [['srv=a'], 'a'],
    [['x=1; srv=a; y=2'], 'a'],
    [['x=1;srv=a '], 'a'],
    [['x=1', 'srv=b=c; srv=d'], 'b=c'],
    [['xsrv=1; srvx=2; SRV=3'], undefined],
    [['srv=; srv=b'], 'b'],
    [['srv', 'srv;', ';;', 'x="srv=1"'], undefined],
  ];
  for (const [fields, route] of cases) {
    it(`finds ${route} in ${JSON.stringify(fields)}`, () => assert.equal(cookieRoute('srv', fields), route));
  }
});

describe('routeOfAddress', () => {
  it('is the MD5 of what `$upstream_addr` says', () => {
    assert.equal(routeOfAddress({ kind: 'tcp', host: '127.0.0.1', port: 80 }), 'cef54f47984626c9efbf070c50bfad1b');
  });

  it('is another one for another address', () => {
    const routes = [
      routeOfAddress({ kind: 'tcp', host: '::1', port: 80 }),
      routeOfAddress({ kind: 'tcp', host: '::1', port: 81 }),
      routeOfAddress({ kind: 'unix', path: '/a' }),
    ];
    assert.equal(new Set(routes).size, 3);
  });
});
