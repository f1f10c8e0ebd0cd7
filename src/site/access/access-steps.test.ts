import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import {
  type FakeSiteRequest,
  type FakeSiteRequestOptions,
  fakeContext,
  fakeSiteRequest,
} from '../../../test/support/fake-site-request.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import type { AccessRule, AccessSettings } from '../../plan/settings.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import type { SiteServices } from '../services.ts';
import { createAccessSteps } from './access-steps.ts';

const none: AccessSettings = {
  access: [],
  satisfy: 'all',
  basicAuth: undefined,
  authRequest: undefined,
  limitExcept: undefined,
  referers: undefined,
  secureLink: undefined,
  userId: undefined,
};

/** `allow 10.0.0.0/8` and so on. */
function rules(...lines: readonly string[]): AccessRule[] {
  return lines.map((line) => {
    const [verb, network = ''] = line.split(' ');
    return { allow: verb === 'allow', network };
  });
}

async function ask(
  settings: Partial<AccessSettings>,
  options: FakeSiteRequestOptions = {},
  context: CompileContext = fakeContext(),
): Promise<FakeSiteRequest & { readonly outcome: SiteOutcome | undefined }> {
  const fake = fakeSiteRequest('/', options);
  let outcome: SiteOutcome | undefined;
  for (const step of createAccessSteps({ ...none, ...settings }, context)) outcome ??= await step(fake.request);
  return { ...fake, outcome };
}

function credentials(text: string): FakeSiteRequestOptions {
  return { headers: [['authorization', `Basic ${Buffer.from(text, 'latin1').toString('base64')}`]] };
}

function challenge(realm: string): SiteOutcome {
  return { kind: 'status', status: 401, fields: [['www-authenticate', `Basic realm="${realm}"`]] };
}

/** Services whose subrequests are answered so. */
function answering(reply: SiteOutcome): Partial<SiteServices> {
  return {
    subrequest: (parent) => Promise.resolve({ request: fakeSiteRequest('/auth', { parent }).request, outcome: reply }),
  };
}

function reply(status: number, fields: [string, string][] = []): Reply {
  return { status, headers: HeaderList.of(fields), body: new Uint8Array() };
}

it('createAccessSteps makes nothing where nothing is set, and refuses what is no network', () => {
  assert.deepEqual(createAccessSteps(none, fakeContext()), []);
  for (const network of ['', 'x', '10.0.0.0/33', '10.0.0', 'unix']) {
    assert.throws(
      () => createAccessSteps({ ...none, access: [{ allow: true, network }] }, fakeContext()),
      new PlanError(`invalid parameter "${network}"`),
    );
  }
});

describe('allow and deny', () => {
  const access = rules('deny 10.0.0.1', 'allow 10.0.0.0/8', 'allow 2001:db8::/32', 'deny all');
  const open = rules('deny 10.0.0.1', 'deny unix:');
  const cases: [address: string, closed: number | undefined, open: number | undefined][] = [
    ['10.0.0.1', 403, 403],
    ['10.0.0.2', undefined, undefined],
    ['::ffff:10.0.0.1', 403, 403],
    ['11.0.0.1', 403, undefined],
    ['2001:db8::1', undefined, undefined],
    ['2001:db9::1', 403, undefined],
    ['', 403, 403],
    ['/run/client.sock', 403, 403],
  ];
  for (const [address, closed, opened] of cases) {
    it(`looks at ${address || 'a Unix socket'}`, async () => {
      const options = { client: { address, port: 7 } };
      const verdict = await ask({ access }, options);
      assert.deepEqual(verdict.outcome, closed && statusOutcome(closed));
      assert.deepEqual(verdict.log, closed ? ['error: access forbidden by rule'] : []);
      assert.deepEqual((await ask({ access: open }, options)).outcome, opened && statusOutcome(opened));
    });
  }

  it('lets a Unix socket in by its name', async () => {
    const options = { client: { address: '', port: 0 } };
    assert.equal((await ask({ access: rules('allow unix:', 'deny all') }, options)).outcome, undefined);
  });
});

describe('Basic authentication', () => {
  it('lets in who is in the file, and asks all others', async () => {
    await using folder = await AppFolder.with({
      users: 'ann:{PLAIN}secret\nbob:$1$ab$dslkcXxVH.x8LwW1W/oAB/\ndes:abNANd1rDfiNc\n',
    });
    const path = folder.file('users');
    const settings = { basicAuth: { realm: 'a "b" \\', userFile: path } };
    const asked = challenge('a \\"b\\" \\\\');
    const cases: [credentials: FakeSiteRequestOptions, isIn: boolean, log: string[]][] = [
      [credentials('ann:secret'), true, []],
      [credentials('bob:secret'), true, []],
      [{ headers: [['authorization', `bAsIc   ${Buffer.from('ann:secret').toString('base64')}`]] }, true, []],
      [credentials('ann:wrong'), false, ['error: user "ann": password mismatch']],
      [credentials('bob:'), false, ['error: user "bob": password mismatch']],
      [credentials('eve:secret'), false, [`error: user "eve" was not found in "${path}"`]],
      [
        credentials('des:secret'),
        false,
        [`error: the password of user "des" in "${path}" is hashed in a way that is not checked`],
      ],
    ];
    for (const [options, isIn, log] of cases) {
      const verdict = await ask(settings, options);
      assert.deepEqual(verdict.outcome, isIn ? undefined : asked);
      assert.deepEqual(verdict.log, log);
    }
    for (const field of [
      '',
      'Basic',
      'Basic ',
      'Basic =',
      'Basic !',
      'Basic YW5uOnNlY3JldA==x',
      'Bearer YW5uOnNlY3JldA==',
      'YW5uOnNlY3JldA==',
    ]) {
      const verdict = await ask(settings, { headers: [['authorization', field]] });
      assert.deepEqual(verdict.outcome, asked, field);
      assert.deepEqual(verdict.log, ['info: no user/password was provided for basic authentication'], field);
    }
    for (const text of ['ann', ':secret', 'ann:secret\0', 'ann\0:secret', '']) {
      assert.deepEqual((await ask(settings, credentials(text))).outcome, asked, JSON.stringify(text));
    }
  });

  it('evaluates the realm and the file for each request; the realm off lets all in', async () => {
    await using folder = await AppFolder.with({ one: 'ann:{PLAIN}1', two: 'ann:{PLAIN}2' });
    const settings = { basicAuth: { realm: '$http_realm', userFile: `${folder.path}/$http_file` } };
    const asking = (realm: string, file: string): Promise<{ readonly outcome: SiteOutcome | undefined }> =>
      ask(settings, { headers: [...(credentials('ann:1').headers ?? []), ['realm', realm], ['file', file]] });
    assert.equal((await asking('x', 'one')).outcome, undefined);
    assert.deepEqual((await asking('x', 'two')).outcome, challenge('x'));
    assert.equal((await asking('off', 'two')).outcome, undefined);
  });

  it('lets nobody in without the file', async () => {
    await using folder = await AppFolder.with({});
    const missing = folder.file('missing');
    const verdict = await ask({ basicAuth: { realm: 'x', userFile: missing } }, credentials('ann:secret'));
    assert.deepEqual(verdict.outcome, statusOutcome(403));
    assert.deepEqual(verdict.log, [`error: open() "${missing}" failed (2: No such file or directory)`]);
    const isFolder = await ask({ basicAuth: { realm: 'x', userFile: folder.path } }, credentials('ann:secret'));
    assert.deepEqual(isFolder.outcome, statusOutcome(500));
    assert.deepEqual(isFolder.log, [`crit: open() "${folder.path}" failed (it is not a file)`]);
  });
});

describe('auth_request', () => {
  const authRequest = { uri: '/auth', set: [] };

  it('does what the answer says', async () => {
    const cases: [answer: SiteOutcome, outcome: SiteOutcome | undefined][] = [
      [reply(200), undefined],
      [reply(204), undefined],
      [reply(299), undefined],
      [reply(403), statusOutcome(403)],
      [statusOutcome(403), statusOutcome(403)],
      [reply(401), { kind: 'status', status: 401 }],
      [
        reply(401, [['www-authenticate', 'Bearer x']]),
        { kind: 'status', status: 401, fields: [['www-authenticate', 'Bearer x']] },
      ],
      [challenge('x'), challenge('x')],
      [reply(302, [['location', '/login']]), statusOutcome(500)],
      [reply(404), statusOutcome(500)],
      [reply(500), statusOutcome(500)],
      [{ kind: 'redirect', target: '/x', args: undefined }, statusOutcome(500)],
    ];
    for (const [answer, outcome] of cases) {
      const verdict = await ask({ authRequest }, { services: answering(answer) });
      assert.deepEqual(verdict.outcome, outcome);
    }
    const { log } = await ask({ authRequest }, { services: answering(reply(302)) });
    assert.deepEqual(log, ['error: auth request unexpected status: 302']);
  });

  it('asks for the path without a query, and reads no content', async () => {
    const asked: string[] = [];
    let isReturned = false;
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('Nobody reads it')),
        return: () => {
          isReturned = true;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    };
    const services: Partial<SiteServices> = {
      subrequest: (parent, uri, args) => {
        asked.push(`${uri}?${args}`);
        return Promise.resolve({ request: parent, outcome: { ...reply(200), body } });
      },
    };
    assert.equal((await ask({ authRequest }, { services })).outcome, undefined);
    assert.deepEqual(asked, ['/auth?']);
    assert.equal(isReturned, true);
  });

  it('sets variables of the subrequest, whatever it says', async () => {
    const context = fakeContext({ answer: ({ parent }) => (parent ? 'of the subrequest' : 'of the request') });
    for (const answer of [reply(200), reply(401)]) {
      const settings = { authRequest: { uri: '/auth', set: [{ variable: 'who', value: '<$answer>' }] } };
      const { request } = await ask(settings, { services: answering(answer) }, context);
      assert.equal(context.variable('who')(request), '<of the subrequest>');
    }
  });
});

describe('satisfy', () => {
  const allowed = rules('allow all');
  const denied = rules('deny all');
  const silent = rules('deny 192.0.2.1');

  it('any lets in whom one lets in, and else asks for a password before it forbids', async () => {
    await using folder = await AppFolder.with({ users: 'ann:{PLAIN}secret' });
    const basicAuth = { realm: 'x', userFile: folder.file('users') };
    const authRequest = { uri: '/auth', set: [] };
    const right = credentials('ann:secret');
    const wrong = credentials('ann:wrong');
    const bearer: [string, string] = ['www-authenticate', 'Bearer'];
    const both = { kind: 'status', status: 401, fields: [['www-authenticate', 'Basic realm="x"'], bearer] };
    const rows: [settings: Partial<AccessSettings>, options: FakeSiteRequestOptions, all: unknown, any: unknown][] = [
      [{ access: allowed, basicAuth }, right, undefined, undefined],
      [{ access: allowed, basicAuth }, wrong, challenge('x'), undefined],
      [{ access: denied, basicAuth }, right, statusOutcome(403), undefined],
      [{ access: denied, basicAuth }, wrong, statusOutcome(403), challenge('x')],
      [{ access: silent, basicAuth }, right, undefined, undefined],
      [{ access: silent, basicAuth }, wrong, challenge('x'), challenge('x')],
      [{ access: denied }, {}, statusOutcome(403), statusOutcome(403)],
      [{ access: silent }, {}, undefined, undefined],
      [{ access: denied, authRequest }, { services: answering(reply(200)) }, statusOutcome(403), undefined],
      [
        { access: denied, authRequest },
        { services: answering(reply(401, [bearer])) },
        statusOutcome(403),
        { ...both, fields: [bearer] },
      ],
      [{ access: denied, authRequest }, { services: answering(reply(500)) }, statusOutcome(403), statusOutcome(500)],
      [{ basicAuth, authRequest }, { ...wrong, services: answering(reply(403)) }, challenge('x'), challenge('x')],
      [{ basicAuth, authRequest }, { ...wrong, services: answering(reply(200)) }, challenge('x'), undefined],
      [{ basicAuth, authRequest }, { ...wrong, services: answering(reply(401, [bearer])) }, challenge('x'), both],
      [{ basicAuth, authRequest }, { ...right, services: answering(reply(403)) }, statusOutcome(403), undefined],
    ];
    for (const [index, [settings, options, all, any]] of rows.entries()) {
      assert.deepEqual((await ask({ ...settings, satisfy: 'all' }, options)).outcome, all, `row ${index}, all`);
      assert.deepEqual((await ask({ ...settings, satisfy: 'any' }, options)).outcome, any, `row ${index}, any`);
    }
  });

  it('any tells of a refusal once, when it is known', async () => {
    const { log } = await ask(
      { access: denied, authRequest: { uri: '/auth', set: [] }, satisfy: 'any' },
      { services: answering(reply(403)) },
    );
    assert.deepEqual(log, ['error: access forbidden by rule']);
  });
});

describe('limit_except', () => {
  it('has rules of its own for other methods; GET stands for HEAD', async () => {
    const limitExcept = { methods: ['GET', 'OPTIONS'], access: rules('deny all'), basicAuth: undefined };
    const rows: [method: string, status: number | undefined][] = [
      ['GET', undefined],
      ['HEAD', undefined],
      ['OPTIONS', undefined],
      ['POST', 403],
      ['get', 403],
    ];
    for (const [method, status] of rows) {
      assert.deepEqual((await ask({ limitExcept }, { method })).outcome, status && statusOutcome(status), method);
    }
  });

  it('has them in place of those of the location, which hold where it has none', async () => {
    const access = rules('deny 127.0.0.1');
    const own = { methods: ['GET'], access: rules('allow all'), basicAuth: undefined };
    const without = { ...own, access: [] };
    assert.deepEqual((await ask({ access, limitExcept: own }, { method: 'GET' })).outcome, statusOutcome(403));
    assert.equal((await ask({ access, limitExcept: own }, { method: 'PUT' })).outcome, undefined);
    assert.deepEqual((await ask({ access, limitExcept: without }, { method: 'PUT' })).outcome, statusOutcome(403));
  });
});
