import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeSiteRequest } from '../../../test/support/fake-site-request.ts';
import type { RealIpPlan } from '../../plan/site-plan.ts';
import { PlanError } from '../compile-context.ts';
import { createRealIp } from './real-ip.ts';

const plan: RealIpPlan = { from: ['10.0.0.0/8', '2001:db8::/32'], header: 'x-forwarded-for', recursive: true };
const proxy = { address: '10.0.0.1', port: 7 };

/** `address:port` of the client after it, and of who connected. */
function judge(changes: Partial<RealIpPlan>, values: readonly string[], client = proxy): string {
  const merged = { ...plan, ...changes };
  const { request } = fakeSiteRequest('/', {
    client,
    headers: values.map((value) => [merged.header, value] as const),
  });
  createRealIp(merged)(request);
  const { client: now } = request.exchange.connection;
  return request.peer ? `${now.address}:${now.port} by ${request.peer.address}` : `${now.address}:${now.port}`;
}

describe('createRealIp', () => {
  const rows: [values: string[], last: string, recursive: string][] = [
    [[], '10.0.0.1:7', '10.0.0.1:7'],
    [[''], '10.0.0.1:7', '10.0.0.1:7'],
    [['1.2.3.4'], '1.2.3.4:0 by 10.0.0.1', '1.2.3.4:0 by 10.0.0.1'],
    [['1.2.3.4:80'], '1.2.3.4:80 by 10.0.0.1', '1.2.3.4:80 by 10.0.0.1'],
    [['9.9.9.9, 1.2.3.4'], '1.2.3.4:0 by 10.0.0.1', '1.2.3.4:0 by 10.0.0.1'],
    [['9.9.9.9, 1.2.3.4, 10.0.0.2'], '10.0.0.2:0 by 10.0.0.1', '1.2.3.4:0 by 10.0.0.1'],
    [['9.9.9.9,1.2.3.4 10.0.0.2,, '], '10.0.0.2:0 by 10.0.0.1', '1.2.3.4:0 by 10.0.0.1'],
    [['9.9.9.9', '1.2.3.4, 10.0.0.3', '10.0.0.2'], '10.0.0.2:0 by 10.0.0.1', '1.2.3.4:0 by 10.0.0.1'],
    [['10.0.0.3, 10.0.0.2'], '10.0.0.2:0 by 10.0.0.1', '10.0.0.3:0 by 10.0.0.1'],
    [['1.2.3.4, unknown, 10.0.0.2'], '10.0.0.2:0 by 10.0.0.1', '10.0.0.2:0 by 10.0.0.1'],
    [['1.2.3.4, unknown'], '10.0.0.1:7', '10.0.0.1:7'],
    [['1.2.3.4:99999'], '10.0.0.1:7', '10.0.0.1:7'],
    [['1.2.3'], '10.0.0.1:7', '10.0.0.1:7'],
    [['[2001:db8::5]:80'], '2001:db8::5:80 by 10.0.0.1', '2001:db8::5:80 by 10.0.0.1'],
    [['[2001:db9::5]'], '2001:db9::5:0 by 10.0.0.1', '2001:db9::5:0 by 10.0.0.1'],
    [['01.2.3.4'], '10.0.0.1:7', '10.0.0.1:7'],
    [['1.2.3.4:0'], '10.0.0.1:7', '10.0.0.1:7'],
    [['1.2.3.4, 2001:db8::5'], '2001:db8::5:0 by 10.0.0.1', '1.2.3.4:0 by 10.0.0.1'],
  ];
  for (const [values, last, recursive] of rows) {
    it(`reads ${JSON.stringify(values)}`, () => {
      assert.equal(judge({ recursive: false }, values), last);
      assert.equal(judge({ recursive: true }, values), recursive);
    });
  }

  it('believes nobody who is not trusted', () => {
    assert.equal(judge({}, ['1.2.3.4'], { address: '11.0.0.1', port: 7 }), '11.0.0.1:7');
    assert.equal(judge({}, ['1.2.3.4'], { address: '', port: 0 }), ':0');
    assert.equal(judge({ from: ['unix:'] }, ['1.2.3.4'], { address: '', port: 0 }), '1.2.3.4:0 by ');
    assert.equal(judge({ from: ['unix:'] }, ['1.2.3.4']), '10.0.0.1:7');
  });

  it('takes the first field of any other name', () => {
    for (const header of ['x-real-ip', 'cf-connecting-ip']) {
      assert.equal(judge({ header }, ['1.2.3.4', '5.6.7.8']), '1.2.3.4:0 by 10.0.0.1');
    }
  });

  it('walks 100 proxies back and not further (http.md 253)', () => {
    assert.equal(
      judge({}, [Array.from({ length: 10_000 }, (_, hop) => `10.1.${hop >> 8}.${hop & 255}`).join(',')]),
      '10.1.38.172:0 by 10.0.0.1',
    );
  });

  it('gives the same facts for the same value of a connection', () => {
    const change = createRealIp(plan);
    const { request, exchange } = fakeSiteRequest('/', { client: proxy, headers: [['x-forwarded-for', '1.2.3.4']] });
    const { connection } = exchange;
    change(request);
    const first = exchange.connection;
    exchange.connection = connection;
    change(request);
    assert.equal(exchange.connection, first);
  });

  it('refuses what is no network', () => {
    assert.throws(() => createRealIp({ ...plan, from: ['x'] }), new PlanError('invalid parameter "x"'));
  });

  it('takes what the PROXY protocol tells, where the proxy is trusted', () => {
    const told = { client: { address: '1.2.3.4', port: 5 }, server: { address: '10.0.0.9', port: 80 } };
    for (const [from, proxyProtocol, expected] of [
      ['10.0.0.0/8', told, '1.2.3.4:5 by 10.0.0.1:7'],
      ['10.0.0.0/8', undefined, '10.0.0.1:7'],
      ['11.0.0.0/8', told, '10.0.0.1:7'],
    ] as const) {
      const { request } = fakeSiteRequest('/', { client: proxy, headers: [['proxy_protocol', '9.9.9.9']] });
      const { exchange } = request;
      const { connection } = exchange;
      const facts = proxyProtocol ? { ...connection, proxyProtocol } : connection;
      const realIp = createRealIp({ from: [from], header: 'proxy_protocol', recursive: true });
      const made = [1, 2].map(() => {
        exchange.connection = facts;
        realIp(request);
        return exchange.connection;
      });
      const { client, carrier } = exchange.connection;
      const by = carrier ? ` by ${carrier.address}:${carrier.port}` : '';
      assert.equal(request.peer, undefined);
      assert.equal(`${client.address}:${client.port}${by}`, expected);
      assert.equal(made[0], made[1]);
    }
  });
});
