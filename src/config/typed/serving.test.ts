import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { type AskOptions, type SiteStage, siteStage } from '../../../test/support/site-stage.ts';
import { validate } from '../load/validate.ts';
import { resolve } from '../resolve.ts';
import type { Location, Server } from '../schema/user-config.ts';
import { toConfig } from './to-config.ts';

/** What a server of a typed config answers. */
function serving(server: Partial<Server>): SiteStage {
  const user = { defaults: { accessLog: false as const }, servers: [{ listen: [':80'], ...server }] };
  assert.deepEqual(validate(user), { user });
  const { config, problems } = toConfig(user, '/site');
  assert.deepEqual(problems, []);
  return siteStage(resolve(config, { hostname: 'here' }));
}

function servingLocation(location: Partial<Location>, server: Partial<Server> = {}): SiteStage {
  return serving({ ...server, locations: [{ path: '/', ...location }] });
}

const none = { access: [{ deny: 'all' }] };

describe('What answers by itself', () => {
  for (const answer of [{ respond: 'hello' }, { redirect: '/elsewhere' }]) {
    const title = Object.keys(answer)[0];

    it(`${title} is limited`, async () => {
      const { ask } = servingLocation({ ...answer, rateLimit: { key: 'all', rate: '1/m' } });
      assert.ok((await ask('/')).status < 400);
      assert.equal((await ask('/')).status, 429);
    });

    it(`${title} is denied by access`, async () => {
      assert.equal((await servingLocation({ ...answer, ...none }).ask('/')).status, 403);
      assert.equal((await serving({ ...answer, ...none }).ask('/')).status, 403);
    });

    it(`${title} is protected by a password`, async () => {
      await using folder = await AppFolder.with({ users: 'ann:{PLAIN}secret\n' });
      const basicAuth = { realm: 'staff', userFile: folder.file('users') };
      const { ask } = servingLocation({ ...answer, basicAuth });
      assert.equal((await ask('/')).status, 401);
      const authorization = `Basic ${btoa('ann:secret')}`;
      assert.ok((await ask('/', { headers: { authorization } })).status < 400);
    });

    it(`${title} of a server answers where no location is for the path`, async () => {
      const { ask } = serving({ ...answer, locations: [{ path: '/own/', respond: 204 }] });
      assert.equal((await ask('/own/')).status, 204);
      const { status, text, headers } = await ask('/');
      assert.deepEqual(
        [status, text === 'hello', headers['location']],
        [title === 'redirect' ? 302 : 200, title === 'respond', title === 'redirect' ? '/elsewhere' : undefined],
      );
    });
  }

  it('has the media type that it says, whatever the path and the files elsewhere', async () => {
    const { ask } = serving({
      respond: { text: '{}', type: 'application/json' },
      locations: [{ path: '/a.css', respond: 'text' }],
    });
    assert.equal((await ask('/x.html')).headers['content-type'], 'application/json');
    assert.equal((await ask('/a.css')).headers['content-type'], 'text/plain; charset=utf-8');
  });

  for (const status of [404, 410]) {
    it(`a ${status} has its error page`, async () => {
      const paged = serving({
        errorPages: { 404: '@page', 410: '@page' },
        locations: [
          { path: '/gone', respond: status },
          { path: '@page', respond: 'sorry' },
        ],
      });
      const { status: shown, text } = await paged.ask('/gone');
      assert.deepEqual([shown, text], [status, 'sorry']);
    });
  }

  it('closes the connection for 444', async () => {
    assert.equal((await servingLocation({ respond: 444 }).ask('/')).status, 0);
  });
});

describe('Preflight requests', () => {
  const preflight = {
    method: 'OPTIONS',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' },
  };

  it('are answered before passwords are asked for', async () => {
    const { ask } = servingLocation({ cors: true, ...none });
    assert.equal((await ask('/', preflight)).status, 204);
    assert.equal((await ask('/')).status, 403);
  });

  it('are answered outside of all locations too, where one of these has others', async () => {
    const { ask } = serving({
      cors: true,
      respond: 'outside',
      locations: [
        { path: '/own/', cors: { origins: ['https://b.example'] }, respond: 'own' },
        { path: '/none/', cors: false, respond: 'none' },
      ],
    });
    const { status, headers } = await ask('/elsewhere', preflight);
    assert.deepEqual([status, headers['access-control-allow-origin']], [204, '*']);
    assert.equal((await ask('/elsewhere')).text, 'outside');
    const own = await ask('/own/', preflight);
    assert.deepEqual([own.status, own.headers['access-control-allow-origin']], [204, undefined]);
    assert.equal((await ask('/none/', preflight)).text, 'none');
  });
});

describe('CORS with credentials', () => {
  it('allows them to the origins that it names alone', async () => {
    const { ask } = serving({ respond: 'hello', cors: { origins: ['https://a.example'], credentials: true } });
    const allowed = async (origin: string): Promise<unknown> => {
      const { headers } = await ask('/', { headers: { origin } });
      return [headers['access-control-allow-origin'], headers['access-control-allow-credentials'], headers['vary']];
    };
    assert.deepEqual(await allowed('https://a.example'), ['https://a.example', 'true', 'Origin']);
    assert.deepEqual(await allowed('https://b.example'), [undefined, undefined, 'Origin']);
  });
});

const overTls = { connection: { scheme: 'https' } } as const;

describe('hsts', () => {
  const field = async (server: Partial<Server>, path = '/', options: AskOptions = overTls): Promise<unknown> =>
    (await serving({ respond: 'hello', ...server }).ask(path, options)).headers['strict-transport-security'];

  it('is told over TLS alone', async () => {
    assert.equal(await field({ hsts: '1y' }), 'max-age=31536000');
    assert.equal(await field({ hsts: '1y' }, '/', {}), undefined);
  });

  it('has all that RFC 6797 has', async () => {
    const hsts = { maxAge: '2y', includeSubDomains: true, preload: true };
    assert.equal(await field({ hsts }), 'max-age=63072000; includeSubDomains; preload');
    assert.equal(await field({ hsts: '0s' }), 'max-age=0');
    assert.equal(await field({ hsts: false }), undefined);
  });

  it('is for locations too, and comes once', async () => {
    const securityHeaders = { strictTransportSecurity: 'max-age=1' };
    const locations = [{ path: '/own/', respond: 'own', headers: { 'X-Own': '1' } }];
    assert.equal(await field({ hsts: '1d', securityHeaders, locations }, '/own/'), 'max-age=86400');
  });
});

describe('redirectToHttps', () => {
  const where = async (server: Partial<Server>, path: string, options: AskOptions = {}): Promise<unknown> => {
    const { status, headers } = await serving({ respond: 'hello', ...server }).ask(path, {
      headers: { host: 'example.com:80' },
      ...options,
    });
    return [status, headers['location']];
  };

  it('sends clients to the same path over TLS', async () => {
    assert.deepEqual(await where({ redirectToHttps: true }, '/a%20b?c=d'), [308, 'https://example.com/a%20b?c=d']);
    assert.deepEqual(await where({ redirectToHttps: { status: 301, port: 8443 } }, '/a'), [
      301,
      'https://example.com:8443/a',
    ]);
  });

  it("goes to the port of the server's own address", async () => {
    const listen = [':80', { address: ':8443', tls: true }];
    assert.deepEqual(await where({ listen, redirectToHttps: true }, '/'), [308, 'https://example.com:8443/']);
  });

  it('leaves clients with TLS, and those of ACME, alone', async () => {
    assert.deepEqual(await where({ redirectToHttps: true }, '/', overTls), [200, undefined]);
    assert.deepEqual(await where({ redirectToHttps: true }, '/.well-known/acme-challenge/x'), [200, undefined]);
    assert.deepEqual((await where({ redirectToHttps: true }, '/.well-known/other')) as unknown[], [
      308,
      'https://example.com/.well-known/other',
    ]);
  });

  it('comes before locations and rules', async () => {
    const server = { redirectToHttps: true, rules: [{ return: 403 }], locations: [{ path: '/', respond: 'own' }] };
    assert.deepEqual(await where(server, '/'), [308, 'https://example.com/']);
  });
});
