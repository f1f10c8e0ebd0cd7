import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { fakeSiteRequest } from '../../../test/support/fake-site-request.ts';
import { OracleNginx } from '../../../test/support/oracle-nginx.ts';
import { requires } from '../../../test/support/requirements.ts';
import type { Settings } from '../../plan/settings.ts';
import type { VariablePlan } from '../../plan/variable-plan.ts';
import type { Location } from '../location.ts';
import { ServerNames } from '../routing/server-names.ts';
import type { VirtualServer } from '../virtual-server.ts';
import { VariableTable } from './variable-table.ts';

const config = String.raw`
  split_clients $arg_k $split { 10% a; 33.33% b; 0.5% c; * d; }
  split_clients $arg_k $part { 50% half; }
  map $arg_k $m { default "def"; Foo exact; "~^(?<nm>x)(.*)$" "$nm-$2"; "~*^UPPER" up; "\~t" tilde; "" empty; }
  map $arg_k $h {
    hostnames; default def; example.com exact; *.example.com lead; .dot.com dot; www.ex.* trail; *.a.example.com long; "~^re" re;
  }
  geo $arg_k $g { default def; 10.0.0.0/8 ten; 10.1.0.0/16 inner; 127.0.0.1 lo; ::1 lo6; 2001:db8::/32 doc; }
  geo $arg_k $r { ranges; default def; 10.0.0.0-10.0.0.255 a; 10.0.0.5-10.0.0.7 inner; 10.0.1.0-10.0.2.0 b; }
  geo $arg_k $p { default def; 1.2.3.0/24 c; 5.6.7.8 d; 127.0.0.0/8 l; proxy 127.0.0.0/8; proxy_recursive; }
  geo $arg_k $q { default def; 1.2.3.0/24 c; 5.6.7.8 d; 127.0.0.0/8 l; proxy 127.0.0.0/8; }
  server { listen SOCKET; server_name one.name;
    location /planned { return 200 "$split|$part|$m|$h|$g|$r|$p|$q"; }
    location /request { return 200 "$args|$is_args|$arg_a|$cookie_b|$http_cookie|$host|$http_host|$remote_user|$request|$request_uri|$uri|$server_name|$remote_addr|$connection_requests|$pipe|$request_method|$scheme|$https|$server_protocol|$proxy_add_x_forwarded_for"; }
    location /referer { valid_referers none blocked server_names *.example.com www.ex.* ~\.google\. a.com/path/; return 200 "$invalid_referer"; }
    location /strict { valid_referers *.example.com; return 200 "$invalid_referer"; }
    location /link { secure_link $arg_md5,$arg_e; secure_link_md5 "s$uri$arg_e"; return 200 "$secure_link|$secure_link_expires"; }
    location /p/ { secure_link_secret word; return 200 "$secure_link"; }
  }`;

const networks = (text: string): { network: string; value: string }[] =>
  text.split(';').map((pair) => {
    const [network = '', value = ''] = pair.trim().split(' ');
    return { network, value };
  });
const geo = {
  kind: 'geo',
  source: '$arg_k',
  fallback: 'def',
  ranges: false,
  proxies: [],
  proxyRecursive: false,
} as const;
const map = { kind: 'map', source: '$arg_k', fallback: 'def', hostnames: false, volatile: false } as const;
const entries = (pairs: Readonly<Record<string, string>>): { key: string; value: string }[] =>
  Object.entries(pairs).map(([key, value]) => ({ key, value }));
const behind = networks('1.2.3.0/24 c; 5.6.7.8 d; 127.0.0.0/8 l');

const variables: readonly VariablePlan[] = [
  {
    kind: 'split',
    variable: 'split',
    source: '$arg_k',
    parts: [
      { percent: 10, value: 'a' },
      { percent: 33.33, value: 'b' },
      { percent: 0.5, value: 'c' },
      { percent: undefined, value: 'd' },
    ],
  },
  { kind: 'split', variable: 'part', source: '$arg_k', parts: [{ percent: 50, value: 'half' }] },
  {
    ...map,
    variable: 'm',
    entries: entries({ Foo: 'exact', '~^(?<nm>x)(.*)$': '$nm-$2', '~*^UPPER': 'up', '\\~t': 'tilde', '': 'empty' }),
  },
  {
    ...map,
    variable: 'h',
    hostnames: true,
    entries: entries({
      'example.com': 'exact',
      '*.example.com': 'lead',
      '.dot.com': 'dot',
      'www.ex.*': 'trail',
      '*.a.example.com': 'long',
      '~^re': 're',
    }),
  },
  {
    ...geo,
    variable: 'g',
    entries: networks('10.0.0.0/8 ten; 10.1.0.0/16 inner; 127.0.0.1 lo; ::1 lo6; 2001:db8::/32 doc'),
  },
  {
    ...geo,
    variable: 'r',
    ranges: true,
    entries: networks('10.0.0.0-10.0.0.255 a; 10.0.0.5-10.0.0.7 inner; 10.0.1.0-10.0.2.0 b'),
  },
  { ...geo, variable: 'p', entries: behind, proxies: ['127.0.0.0/8'], proxyRecursive: true },
  { ...geo, variable: 'q', entries: behind, proxies: ['127.0.0.0/8'] },
];

const table = new VariableTable({ servers: [], variables });
const names = new ServerNames<true>();
names.add('one.name', true, table);
const server = { name: 'one.name', names } as VirtualServer;

function evaluate(
  template: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  settings: Partial<Settings> = {},
): string {
  const { host = 'test', ...others } = headers;
  const { request } = fakeSiteRequest(target, {
    headers: Object.entries(others),
    host,
    client: { address: '', port: 0 },
    server: { address: '/socket', port: 0 },
  });
  request.server = server;
  request.location = { settings } as Location;
  return table.template(template).evaluate(request);
}

describe('variables beside nginx', { skip: requires('nginx') }, () => {
  let nginx: OracleNginx;
  before(async () => {
    nginx = await OracleNginx.start(config);
  });
  after(() => nginx[Symbol.asyncDispose]());

  async function compare(
    target: string,
    template: string,
    headers: Readonly<Record<string, string>> = {},
    settings: Partial<Settings> = {},
  ): Promise<void> {
    const { body } = await nginx.ask(target, headers);
    const wanted = body.toString('latin1');
    assert.equal(evaluate(template, target, headers, settings), wanted, `${target} ${JSON.stringify(headers)}`);
  }

  it('gives maps, geo and split_clients their values', async () => {
    const template = /planned \{ return 200 "(.*)"/.exec(config)?.[1] ?? '';
    const addresses = [
      '10.2.3.4',
      '10.1.2.3',
      '127.0.0.1',
      '::1',
      '2001:db8::5',
      '::ffff:10.0.0.6',
      '10.0.0.5',
      '10.0.0.8',
    ];
    const edges = ['10.0.1.77', '10.0.2.0', '10.0.2.1', 'bad', '', '::', '::ffff:127.0.0.9'];
    const texts = [
      'Foo',
      'foo',
      'xabc',
      'upper1',
      'UPPER',
      '~t',
      'example.com',
      'EXAMPLE.com.',
      'a.example.com',
      'www.ex.org',
    ];
    const hosts = [
      'b.a.example.com',
      'dot.com',
      'x.dot.com',
      'reg',
      'Reg',
      'caf\xc3\xa9'.slice(0, 3),
      'example.org',
      '.',
    ];
    const many = Array.from({ length: 60 }, (_, index) => 'client-'.repeat(index % 7) + index ** 3);
    const forwarded = [
      '1.2.3.4, 5.6.7.8',
      '5.6.7.8, 127.0.0.2',
      '127.0.0.3',
      'nonsense',
      '1.2.3.4, nonsense, 127.0.0.1',
      '127.0.0.1,,',
    ];
    for (const key of [...addresses, ...edges, ...texts, ...hosts, ...many])
      await compare(`/planned?k=${key}`, template);
    for (const value of forwarded) await compare('/planned?k=127.0.0.1', template, { 'x-forwarded-for': value });
  });

  it('finds arguments, cookies and what else a request has', async () => {
    const template = /request \{ return 200 "(.*)"/.exec(config)?.[1] ?? '';
    const queries = [
      'a',
      'a=',
      'A=1',
      'b=1&a=2',
      'aa=1&a=3',
      'xa=4',
      '&&a=5',
      'a&a=6',
      'b=a=7',
      'a=%20+',
      'a=x&a=y',
      '=a',
      '',
    ];
    for (const query of queries) await compare(`/request?${query}`, template);
    const cookies = [
      'b=1',
      'ab=1; b=2',
      'b = 3 ; x',
      'x=b=5',
      'x=1,b=6',
      'B=7',
      'bb=1;b=8',
      'b',
      'b=',
      '; b=9',
      'x=b; b =  10',
    ];
    for (const cookie of cookies) await compare('/request', template, { cookie });
    for (const host of ['HoSt.', 'x:80', '[::1]:80', 'a.b.:1']) await compare('/request', template, { host });
    const users = ['us:pw', ':pw', 'us', 'us:', 'a:b:c'].map((each) => `Basic ${Buffer.from(each).toString('base64')}`);
    for (const authorization of [...users, 'basic dXM6cHc=', 'Bearer dXM6cHc=', 'Basic !', 'Basic']) {
      await compare('/request', template, { authorization });
    }
    await compare('/request', template, { 'x-forwarded-for': '9.9.9.9, x' });
  });

  it('judges referers', async () => {
    const names = ['*.example.com', 'www.ex.*', String.raw`~\.google\.`, 'a.com/path/'];
    const plan = { none: true, blocked: true, serverNames: true, names };
    const strict = { none: false, blocked: false, serverNames: false, names: ['*.example.com'] };
    const referers = [
      ...[
        'http://www.example.com/',
        'https://www.example.com',
        'http://example.com/',
        'http://www.ex.org:80/',
        'http://x.google.de/',
      ],
      ...[
        'http://a.com/path/x',
        'http://a.com/path',
        'http://a.com/other',
        'foo',
        'ftp://x',
        'http://',
        'http:///x',
        'www.example.com',
      ],
      ...['HTTP://WWW.EXAMPLE.COM/', 'http://one.name/', 'http://evil.com/?.google.', 'http://evil.com', ''],
    ];
    for (const referer of referers) {
      await compare('/referer', '$invalid_referer', { referer }, { referers: plan });
      await compare('/strict', '$invalid_referer', { referer }, { referers: strict });
    }
    await compare('/referer', '$invalid_referer', {}, { referers: plan });
    await compare('/strict', '$invalid_referer', {}, { referers: strict });
  });

  it('checks secure links', async () => {
    const secureLink = { kind: 'md5', link: '$arg_md5,$arg_e', md5: 's$uri$arg_e' } as const;
    const hash = (text: string): string => createHash('md5').update(text).digest('base64url');
    for (const expires of ['9999999999', '1000000000', '0', '', 'abc', '-5', '99999999999999999999', '007', '1x']) {
      for (const md5 of [hash(`s/link${expires}`), hash('wrong'), 'short', '', `${hash(`s/link${expires}`)}==`]) {
        await compare(`/link?md5=${md5}&e=${expires}`, '$secure_link|$secure_link_expires', {}, { secureLink });
      }
    }
    const hex = (text: string): string => createHash('md5').update(text).digest('hex');
    const paths = [
      `${hex('linkword')}/link`,
      `${hex('linkword').toUpperCase()}/link`,
      `${hex('a/bword')}/a/b`,
      `${hex('word')}/`,
    ];
    for (const path of [...paths, `${hex('x')}/link`, `q/${hex('linkword')}/link`, 'link']) {
      await compare(`/p/${path}`, '$secure_link', {}, { secureLink: { kind: 'secret', secret: 'word' } });
    }
  });
});
