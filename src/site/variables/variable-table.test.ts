// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is how nginx writes a variable
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultProxy } from '../../../test/support/default-settings.ts';
import { type FakeSiteRequestOptions, fakeSiteRequest } from '../../../test/support/fake-site-request.ts';
import { HeaderList, InvalidHeader } from '../../core/headers.ts';
import type { Rule } from '../../plan/location-plan.ts';
import type { Settings } from '../../plan/settings.ts';
import type { ServerPlan } from '../../plan/site-plan.ts';
import type { MapPlan, VariablePlan } from '../../plan/variable-plan.ts';
import { PlanError } from '../compile-context.ts';
import type { Location } from '../location.ts';
import type { SiteRequest } from '../site-request.ts';
import type { VirtualServer } from '../virtual-server.ts';
import { isKnownVariable, VariableTable } from './variable-table.ts';

const map: MapPlan = {
  kind: 'map',
  variable: 'm',
  source: '$uri',
  entries: [],
  fallback: 'is $uri',
  hostnames: false,
  volatile: false,
};

function tableOf(variables: readonly VariablePlan[] = [], rules: readonly Rule[] = []): VariableTable {
  const settings = { proxy: defaultProxy };
  const server = { names: ['~^(?<sub>.+)\\.x$'], rules, locations: [], settings } as unknown as ServerPlan;
  return new VariableTable({ servers: [server], variables });
}

function requestOf(target = '/', options: FakeSiteRequestOptions = {}, settings: Partial<Settings> = {}): SiteRequest {
  const { request } = fakeSiteRequest(target, options);
  request.server = { name: 'server.name' } as VirtualServer;
  request.location = { settings, prefix: '/files/' } as Location;
  return request;
}

function evaluate(text: string, request: SiteRequest, table = tableOf()): string {
  return table.template(text).evaluate(request);
}

describe('VariableTable', () => {
  it('knows nginx variables without regard to case, and no others', () => {
    for (const name of ['uri', 'Host', 'http_anything', 'arg_x', 'ssl_protocol', 'upstream_http_x', 'secure_link']) {
      assert.ok(isKnownVariable(name), name);
      tableOf().variable(name);
    }
    for (const name of ['nothing', 'http_', '1', 'constructor', '__proto__']) {
      assert.ok(!isKnownVariable(name), name);
      assert.throws(() => tableOf().variable(name), new PlanError(`unknown "${name}" variable`));
    }
  });

  it('lets only those be written that nginx lets', () => {
    const table = tableOf();
    for (const name of [
      'host',
      'Uri',
      'http_cookie',
      'sent_http_location',
      'request_id',
      'query_string',
      'secure_link',
    ]) {
      assert.throws(() => table.slot(name), new PlanError(`the duplicate "${name}" variable`));
      assert.throws(() => table.setter(name), PlanError);
      assert.throws(() => tableOf([{ ...map, variable: name }]), PlanError, name);
    }
    for (const name of ['mine', 'args', 'limit_rate', 'http_foo', 'arg_x', 'ssl_protocol', 'proxy_host'])
      table.setter(name);
  });

  it('knows what a plan writes before and after the place that writes it; unset it is empty', () => {
    const inner: Rule = { kind: 'set', variable: 'Inner', value: '' };
    const condition = {
      kind: 'matches',
      variable: 'uri',
      pattern: "(?'q'a)(?P<p>b)",
      ignoreCase: false,
      isNegated: false,
    } as const;
    const table = tableOf([], [{ kind: 'if', condition, rules: [inner], settings: undefined }]);
    const request = requestOf();
    assert.equal(evaluate('<$inner$p$q$sub>', request, table), '<>');
    table.setter('inner')(request, '1');
    request.values[table.slot('sub')] = '2';
    assert.equal(evaluate('<$INNER$sub>', request, table), '<12>');
  });

  it('changes the request where $args or $limit_rate is set', () => {
    const table = tableOf([], [{ kind: 'set', variable: 'args', value: '' }]);
    const request = requestOf('/?a=1', {}, { limitRate: '1k' });
    assert.equal(evaluate('$args$is_args $limit_rate', request, table), 'a=1? 1024');
    table.setter('args')(request, '');
    table.setter('limit_rate')(request, '2m');
    assert.equal(evaluate('$query_string$is_args $limit_rate', request, table), ' 2097152');
    assert.equal(request.args, '');
  });

  it('keeps the value of a map for a request and its subrequests, unless it is volatile', () => {
    const table = tableOf([map, { ...map, variable: 'v', volatile: true }]);
    const request = requestOf('/a');
    assert.equal(evaluate('$m $v', request, table), 'is /a is /a');
    request.uri = '/b';
    assert.equal(evaluate('$m $v', request, table), 'is /a is /b');
    assert.equal(evaluate('$m', requestOf('/c', { parent: request }), table), 'is /a');
    assert.equal(evaluate('$m', requestOf('/d'), table), 'is /d');
  });

  it('refuses maps that need themselves, that say a thing twice, and those whose parts do not exist', () => {
    const other: MapPlan = { ...map, variable: 'other', source: '$m' };
    assert.throws(
      () => tableOf([{ ...map, fallback: '$other' }, other]),
      /cycle while evaluating variable "(m|other)"/,
    );
    const twice = [
      { key: 'a', value: '1' },
      { key: 'A', value: '2' },
    ];
    assert.throws(() => tableOf([{ ...map, entries: twice }]), new PlanError('conflicting parameter "A"'));
    assert.throws(() => tableOf([{ ...map, fallback: '$nothing' }]), new PlanError('unknown "nothing" variable'));
    assert.throws(() => tableOf([{ ...map, entries: [{ key: '~(', value: '' }] }]), /pcre2_compile\(\) failed/);
    const geo = {
      kind: 'geo',
      variable: 'g',
      source: '$remote_addr',
      fallback: '',
      proxies: [],
      proxyRecursive: false,
    } as const;
    const network = { network: '10.0.0.0/40', value: '' };
    assert.throws(
      () => tableOf([{ ...geo, ranges: false, entries: [network] }]),
      new PlanError('invalid network "10.0.0.0/40"'),
    );
    const ranges = ['1.0.0.0-1.0.0.9', '1.0.0.5-1.0.0.20'].map((each) => ({ network: each, value: '' }));
    assert.throws(() => tableOf([{ ...geo, ranges: true, entries: ranges }]), /range "1.0.0.5-1.0.0.20" overlaps/);
    const parts = [60, 50].map((percent) => ({ percent, value: '' }));
    assert.throws(() => tableOf([{ kind: 'split', variable: 's', source: '', parts }]), /greater than 100%/);
  });

  it('names files as root and alias have it', () => {
    const root = { path: '/srv/$arg_site', isAlias: false };
    assert.equal(
      evaluate('$request_filename $document_root', requestOf('/a/b?site=x', {}, { root })),
      '/srv/x/a/b /srv/x',
    );
    const alias = { path: '/data/', isAlias: true };
    assert.equal(evaluate('$request_filename', requestOf('/files/b', {}, { root: alias })), '/data/b');
    assert.equal(evaluate('$request_filename', requestOf('/other', {}, { root: alias })), '');
    assert.equal(
      evaluate('$realpath_root', requestOf('/', {}, { root: { path: '/../usr/./bin/..', isAlias: false } })),
      '/usr',
    );
    assert.equal(evaluate('$realpath_root', requestOf('/', {}, { root: { path: '/missing', isAlias: false } })), '');
  });

  it('tells of the client and the connection', () => {
    const request = requestOf('/', {
      client: { address: '10.0.0.1', port: 5 },
      headers: [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
    });
    assert.equal(evaluate('$remote_addr $remote_port $realip_remote_addr', request), '10.0.0.1 5 10.0.0.1');
    assert.equal(evaluate('$binary_remote_addr', request), '\x0a\x00\x00\x01');
    assert.equal(evaluate('$http_x_a $http_none', request), '1, 2 ');
    request.peer = { address: '10.9.9.9', port: 6 };
    assert.equal(evaluate('$realip_remote_addr $realip_remote_port', request), '10.9.9.9 6');
    assert.match(evaluate('$request_id', request), /^[\da-f]{32}$/);
    assert.equal(evaluate('$request_id', request).length, 32);
    const table = tableOf();
    assert.equal(evaluate('$request_id', request, table), evaluate('$request_id', request, table));
  });

  it('tells of the answer, when there is one', () => {
    const request = requestOf();
    assert.equal(evaluate('$status $body_bytes_sent $request_completion', request), '000 0 ');
    request.reply = { status: 404, headers: HeaderList.of([['x-y', 'z']]), body: Buffer.from('abc') };
    assert.equal(evaluate('$status $sent_http_x_y $sent_http_content_length', request), '404 z 3');
    const { connection } = request.exchange;
    request.record = {
      connection,
      exchange: request.exchange,
      status: 200,
      bytes: 3,
      sentBytes: 99,
      complete: true,
      durationMs: 1234.4,
    };
    const text = '$status $body_bytes_sent $bytes_sent $request_time $request_completion';
    assert.equal(evaluate(text, request), '200 3 99 1.234 OK');
  });

  it('writes times as nginx does', () => {
    const services = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 67) };
    const text = evaluate('$msec $time_iso8601 $time_local', requestOf('/', { services }));
    assert.match(text, /^1767323045\.067 2026-01-0\dT\d\d:04:05[+-]\d\d:\d\d 0\d\/Jan\/2026:\d\d:04:05 [+-]\d{4}$/);
  });

  it('leaves line ends in values: whoever makes a header field of one refuses them', () => {
    const request = requestOf();
    request.uri = '/a\r\nx-evil: 1';
    const value = evaluate('https://$host$uri', request);
    assert.equal(value, 'https://test/a\r\nx-evil: 1');
    assert.throws(() => HeaderList.of([['location', value]]), InvalidHeader);
  });

  it('looks arguments and cookies up in time that is linear in the text', () => {
    const table = tableOf();
    for (const piece of ['a', 'a=', '&', 'a&', 'aa=', ';', 'a ', 'a  ;', ',a', ' ', 'a = ']) {
      const long = piece.repeat(200_000);
      const request = requestOf('/', { headers: [['cookie', long]] });
      request.args = long;
      const start = performance.now();
      for (const name of ['arg_ab', 'cookie_ab', 'arg_a', 'cookie_a']) table.variable(name)(request);
      const time = performance.now() - start;
      assert.ok(time < 1500, `${piece} took ${time} ms`);
    }
  });
});
