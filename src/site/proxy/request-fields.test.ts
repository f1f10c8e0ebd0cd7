import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultProxy } from '../../../test/support/default-settings.ts';
import { fakeContext, fakeSiteRequest } from '../../../test/support/fake-site-request.ts';
import type { Peer } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import type { ProxySettings } from '../../plan/proxy-plan.ts';
import type { ResolvedTarget } from './proxy-target.ts';
import { compileFields } from './request-fields.ts';

type Fields = readonly (readonly [name: string, value: string])[];

const target = { host: 'target.example:81' } as ResolvedTarget;
const client: Peer = { address: '192.0.2.7', port: 4711 };

/** What a peer gets of a request with these fields; `peer`: the trusted proxy that has told of `client`. */
function passedOn(headers: Fields, settings: Partial<ProxySettings> = {}, peer?: Peer): Record<string, string> {
  const make = compileFields({ ...defaultProxy, ...settings }, fakeContext());
  const { request } = fakeSiteRequest('/x', { host: 'site.example', headers, client });
  request.peer = peer;
  return Object.fromEntries(make.of(request, target).headers);
}

describe('the fields of a request to a peer', () => {
  it('tell of the client what it does not say itself', () => {
    const lies: Fields = [
      ['x-forwarded-for', '1.1.1.1'],
      ['x-forwarded-proto', 'https'],
      ['x-forwarded-host', 'evil.example'],
      ['x-forwarded-prefix', '/evil'],
      ['x-real-ip', '1.1.1.1'],
      ['forwarded', 'for=1.1.1.1'],
    ];
    assert.deepEqual(passedOn(lies), {
      host: 'site.example',
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'site.example',
      'x-forwarded-port': '80',
      via: '1.1 galley',
    });
  });

  it('add to what a trusted proxy says', () => {
    const told: Fields = [
      ['x-forwarded-for', '198.51.100.1'],
      ['x-forwarded-for', '192.0.2.7'],
      ['x-forwarded-proto', 'https'],
      ['x-forwarded-prefix', '/app'],
      ['forwarded', 'for=192.0.2.7'],
      ['via', '1.1 edge'],
    ];
    const seen = passedOn(told, { forwarded: 'both' }, { address: '2001:db8::1', port: 1 });
    assert.equal(seen['x-forwarded-for'], '198.51.100.1, 192.0.2.7, 2001:db8::1');
    assert.equal(seen['x-forwarded-proto'], 'https');
    assert.equal(seen['x-forwarded-prefix'], '/app');
    assert.equal(seen['forwarded'], 'for=192.0.2.7, for="[2001:db8::1]";host="site.example";proto=http');
    assert.equal(seen['via'], '1.1 edge, 1.1 galley');
  });

  it('are those of each request, also where the ones before had the same', () => {
    const make = compileFields(defaultProxy, fakeContext());
    const sentBy = (address: string, agent: string): (string | undefined)[] => {
      const headers: Fields = [['user-agent', agent]];
      const { request } = fakeSiteRequest('/x', { host: 'site.example', headers, client: { address, port: 1 } });
      const sent = make.of(request, target).headers;
      return [sent.getAll('x-forwarded-for').join(), sent.get('user-agent')];
    };
    const clients = ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.2', '192.0.2.2'];
    for (const [index, address] of clients.entries()) {
      assert.deepEqual(sentBy(address, `agent/${index}`), [address, `agent/${index}`]);
    }
  });

  it('go as they came where nothing is to be told, and name the target where the config says so', () => {
    const seen = passedOn([['x-forwarded-for', '1.1.1.1']], { forwarded: 'none', via: false, host: 'target' });
    assert.deepEqual(seen, { host: 'target.example:81', 'x-forwarded-for': '1.1.1.1' });
  });

  it("are the config's where it sets them", () => {
    const setFields = [
      { name: 'Host', value: 'own.example' },
      { name: 'X-Forwarded-For', value: 'nobody' },
      { name: 'Accept-Encoding', value: '' },
    ];
    const seen = passedOn([['accept-encoding', 'gzip']], { setFields, via: false });
    assert.deepEqual(
      [seen['host'], seen['x-forwarded-for'], seen['accept-encoding']],
      ['own.example', 'nobody', undefined],
    );
  });

  it('lose what connection names, but not what says what the request is', () => {
    const headers: Fields = [
      ['connection', 'close, X-Strip, Authorization, Content-Length'],
      ['x-strip', '1'],
      ['authorization', 'Basic x'],
    ];
    const seen = passedOn(headers, { forwarded: 'none', via: false });
    assert.deepEqual(seen, { host: 'site.example', authorization: 'Basic x' });
  });

  it('lose what any of several connection fields names', () => {
    const headers: Fields = [
      ['connection', 'keep-alive'],
      ['connection', 'X-Strip'],
      ['x-strip', '1'],
    ];
    assert.deepEqual(passedOn(headers, { forwarded: 'none', via: false }), { host: 'site.example' });
  });

  it("lose what only an upstream may say to us, whatever it is, but not the config's", () => {
    const headers: Fields = [
      ['x-accel-redirect', '/secret'],
      ['x-accel-of-tomorrow', '1'],
      ['x-accel', '1'],
    ];
    const setFields = [{ name: 'X-Accel-Mapping', value: '/a=/b' }];
    const seen = passedOn(headers, { setFields, forwarded: 'none', via: false });
    assert.deepEqual(seen, { host: 'site.example', 'x-accel-mapping': '/a=/b', 'x-accel': '1' });
  });

  it('have no way around them in trailers', () => {
    const setFields = [{ name: 'X-User', value: '' }];
    const made = compileFields({ ...defaultProxy, setFields }, fakeContext());
    const { request } = fakeSiteRequest('/x', { headers: [['connection', 'x-named']], client });
    const trailers = HeaderList.of([
      ['x-sum', '5'],
      ['x-user', 'admin'],
      ['x-real-ip', '1.1.1.1'],
      ['x-forwarded-for', '1.1.1.1'],
      ['forwarded', 'for=1.1.1.1'],
      ['via', '1.1 evil'],
      ['x-accel-redirect', '/x'],
      ['proxy', 'evil'],
      ['x-named', '1'],
      ['x_under', '1'],
    ]);
    Object.assign(request.exchange, { trailers });
    assert.deepEqual([...made.trailersOf(request)], [['x-sum', '5']]);
  });
});
