import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../../src/core/headers.ts';
import type { AccessRule, AccessSettings, UserIdPlan } from '../../src/plan/settings.ts';
import { createAccessSteps } from '../../src/site/access/access-steps.ts';
import { createRealIp } from '../../src/site/access/real-ip.ts';
import { createUserId } from '../../src/site/access/user-id.ts';
import type { SiteOutcome } from '../../src/site/outcome.ts';
import { fakeContext, fakeSiteRequest } from '../support/fake-site-request.ts';
import { requestLog, startLoggedNginx } from '../support/nginx-request-log.ts';
import { requires } from '../support/requirements.ts';

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

const users: Readonly<Record<string, string>> = {
  apr1: '$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0',
  md5: '$1$ab$dslkcXxVH.x8LwW1W/oAB/',
  sha256: '$5$rounds=1234$saltsalt$ydMhzY0spDIF5JTHfydtpfMQUy9duW6XO2Sh4O5PfV1',
  sha512: '$6$s$0ONk7Cb6vQHj.WRVKbGZ0Y86yhuLam11L92a6wziCUwhPAmO1YdgYIoxpvS.wNpwTsZveSEo7dJ07No6GUEhX0',
  bcrypt: '$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW',
  plain: '{PLAIN}secret',
  sha1: '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=',
  salted: '{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0',
  commented: '{PLAIN}secret:a comment',
  cut: '$6$s$0ONk7Cb6vQHj',
  empty: '',
};
const userFile = `# people\n${Object.entries(users)
  .map(([user, hash]) => `${user}:${hash}\n`)
  .join('')}plain:{PLAIN}later\n`;

function authorization(text: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

/** What Galley makes of a request that came over a Unix socket. */
async function galley(
  settings: Partial<AccessSettings>,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ readonly answer: unknown[]; readonly log: readonly string[] }> {
  const { request, log } = fakeSiteRequest('/', {
    client: { address: '', port: 0 },
    method,
    headers: Object.entries(headers),
    services: {
      subrequest: async (parent, uri) => ({
        request: parent,
        outcome: { kind: 'status', status: Number(uri.slice(-3)) },
      }),
    },
  });
  let outcome: SiteOutcome | undefined;
  for (const step of createAccessSteps({ ...none, ...settings }, fakeContext())) outcome ??= await step(request);
  if (!outcome) return { answer: [200, undefined], log };
  assert.ok('kind' in outcome && outcome.kind === 'status');
  return { answer: [outcome.status, outcome.fields?.[0]?.[1]], log };
}

function rules(...lines: readonly string[]): AccessRule[] {
  return lines.map((line) => ({ allow: line.startsWith('allow'), network: line.split(' ')[1] ?? '' }));
}

describe('Access control beside nginx', { skip: requires('nginx') }, () => {
  it('takes the same passwords', async () => {
    await using nginx = await startLoggedNginx(
      'auth_basic "a realm"; auth_basic_user_file FOLDER/users; location / { empty_gif; }',
    );
    await nginx.folder.write('users', userFile);
    const basicAuth = { realm: 'a realm', userFile: nginx.folder.file('users') };
    const rows = [
      ...Object.keys(users).flatMap((user) =>
        ['secret', 'Secret', ''].map((password) => authorization(`${user}:${password}`)),
      ),
      ...['nobody:secret', 'plain', ':secret', 'plain:secret:more', '', '#:x'].map(authorization),
      ...[
        'Basic',
        'basic   cGxhaW46c2VjcmV0',
        'Basic cGxhaW46c2VjcmV0=',
        'Basic !',
        'Basic cGxhaW46c2VjcmV0!',
        'Digest cGxhaW46c2VjcmV0',
      ].map((field) => ({ authorization: field })),
      {},
    ] as Record<string, string>[];
    const logged: string[] = [];
    for (const headers of rows) {
      const theirs = await nginx.ask('/', headers);
      const ours = await galley({ basicAuth }, headers);
      assert.deepEqual(ours.answer, [theirs.status, theirs.fields.get('www-authenticate')], JSON.stringify(headers));
      logged.push(...ours.log);
    }
    assert.deepEqual(logged, await requestLog(nginx));
  });

  it('says the same where the file is missing', async () => {
    await using nginx = await startLoggedNginx(
      'auth_basic x; auth_basic_user_file FOLDER/missing; location / { empty_gif; }',
    );
    const headers = authorization('ann:secret');
    const theirs = await nginx.ask('/', headers);
    const ours = await galley({ basicAuth: { realm: 'x', userFile: nginx.folder.file('missing') } }, headers);
    assert.deepEqual(ours.answer, [theirs.status, theirs.fields.get('www-authenticate')]);
    assert.deepEqual(ours.log, await requestLog(nginx));
  });

  it('satisfies any and all in the same way', async () => {
    const accesses: [lines: string, rules: AccessRule[]][] = [
      ['', []],
      ['allow unix:;', rules('allow unix:')],
      ['deny unix:;', rules('deny unix:')],
      ['deny 127.0.0.1;', rules('deny 127.0.0.1')],
      ['allow 127.0.0.1; deny all;', rules('allow 127.0.0.1', 'deny all')],
    ];
    const auths = [undefined, 204, 401, 403, 404];
    const cases = accesses.flatMap(([lines, access]) =>
      [true, false].flatMap((isBasic) =>
        auths.flatMap((auth) =>
          (['any', 'all'] as const).map((satisfy) => ({ lines, access, isBasic, auth, satisfy })),
        ),
      ),
    );
    const locations = cases.map(
      ({ lines, isBasic, auth, satisfy }, index) =>
        `location /${index}/ { satisfy ${satisfy}; ${lines} ${isBasic ? 'auth_basic x; auth_basic_user_file FOLDER/users;' : ''} ${auth ? `auth_request /auth/${auth};` : ''} empty_gif; }`,
    );
    const answers = [204, 401, 403, 404].map((status) => `location /auth/${status} { return ${status}; }`);
    await using nginx = await startLoggedNginx([...locations, ...answers].join('\n'));
    await nginx.folder.write('users', 'ann:{PLAIN}secret');
    const logged: string[] = [];
    for (const [index, { access, isBasic, auth, satisfy, lines }] of cases.entries()) {
      for (const headers of [authorization('ann:secret'), authorization('ann:wrong')]) {
        const theirs = await nginx.ask(`/${index}/`, headers);
        const ours = await galley(
          {
            access,
            satisfy,
            basicAuth: isBasic ? { realm: 'x', userFile: nginx.folder.file('users') } : undefined,
            authRequest: auth ? { uri: `/auth/${auth}`, set: [] } : undefined,
          },
          headers,
        );
        const what = JSON.stringify([satisfy, lines, isBasic, auth, headers]);
        // nginx leaves the challenge in a 500 that came after it.
        const asked = theirs.status === 401 ? theirs.fields.get('www-authenticate') : undefined;
        assert.deepEqual(ours.answer, [theirs.status, asked], what);
        logged.push(...ours.log);
      }
    }
    assert.deepEqual(logged, await requestLog(nginx));
  });

  it('limits methods in the same way', async () => {
    const cases: [lines: string, rules: AccessRule[]][] = [
      ['deny all;', rules('deny all')],
      ['allow unix:; deny all;', rules('allow unix:', 'deny all')],
    ];
    for (const outside of ['', 'deny unix:;']) {
      for (const [lines, access] of cases) {
        await using nginx = await startLoggedNginx(
          `location /x { ${outside} limit_except GET PUT { ${lines} } empty_gif; }`,
        );
        for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
          const theirs = await nginx.ask('/x', {}, { method });
          const limitExcept = { methods: ['GET', 'PUT'], access, basicAuth: undefined };
          const ours = await galley({ access: outside ? rules('deny unix:') : [], limitExcept }, {}, method);
          // An empty GIF is for GET and HEAD.
          assert.deepEqual(ours.answer[0] === 403, theirs.status === 403, `${outside} ${lines} ${method}`);
        }
      }
    }
  });

  it('asks other methods for a password of their own, or for none, in the same way', async () => {
    await using nginx = await startLoggedNginx(
      ['', 'auth_basic off;', 'auth_basic inner;']
        .map((line, index) => `location /${index} { limit_except GET { ${line} } empty_gif; }`)
        .join(' '),
      'auth_basic outer; auth_basic_user_file FOLDER/users;',
    );
    await nginx.folder.write('users', userFile);
    const userFiles = { userFile: nginx.folder.file('users') };
    const basicAuth = { realm: 'outer', ...userFiles };
    for (const [index, inner] of [undefined, false as const, { realm: 'inner', ...userFiles }].entries()) {
      const limitExcept = { methods: ['GET'], access: [], basicAuth: inner };
      for (const method of ['GET', 'POST']) {
        const theirs = await nginx.ask(`/${index}`, {}, { method });
        const ours = await galley({ basicAuth, limitExcept }, {}, method);
        // For other methods there is no empty GIF.
        assert.deepEqual(
          ours.answer,
          [theirs.status === 401 ? 401 : 200, theirs.fields.get('www-authenticate')],
          `${index} ${method}`,
        );
      }
    }
  });
});

describe('Real ip beside nginx', { skip: requires('nginx') }, () => {
  it('finds the same client', async () => {
    const values = [
      '',
      '1.2.3.4',
      '1.2.3.4:80',
      '1.2.3.4:0',
      '1.2.3.4:65536',
      '1.2.3.4:',
      '9.9.9.9, 1.2.3.4',
      '9.9.9.9,1.2.3.4,',
      '9.9.9.9 1.2.3.4  ',
      '9.9.9.9, 1.2.3.4, 10.0.0.2',
      '9.9.9.9, 1.2.3.4, 10.0.0.2, 10.0.0.3',
      '10.0.0.3, 10.0.0.2',
      '1.2.3.4, unknown, 10.0.0.2',
      '1.2.3.4, unknown',
      '1.2.3',
      '1.2.3.4.5',
      '::1',
      '[::1]:80',
      '2001:db8::5',
      '1.2.3.4, 2001:db8::5',
      '1.2.3.4, [2001:db8::5]:90',
      'unix:',
      'localhost',
    ];
    const variables = 'add_header x-client "$remote_addr:$remote_port:$realip_remote_addr"; location / { empty_gif; }';
    for (const recursive of [true, false]) {
      for (const header of ['x-forwarded-for', 'x-real-ip', 'x-other']) {
        await using nginx = await startLoggedNginx(
          `set_real_ip_from unix:; set_real_ip_from 10.0.0.0/8; set_real_ip_from 2001:db8::/32; real_ip_header ${header}; real_ip_recursive ${recursive ? 'on' : 'off'}; ${variables}`,
        );
        const change = createRealIp({ from: ['unix:', '10.0.0.0/8', '2001:db8::/32'], header, recursive });
        for (const value of values) {
          const theirs = await nginx.ask('/', { [header]: value });
          const { request } = fakeSiteRequest('/', { client: { address: '', port: 0 }, headers: [[header, value]] });
          change(request);
          const { address, port } = request.exchange.connection.client;
          const ours = `${address || 'unix:'}:${port || ''}:${request.peer?.address || 'unix:'}`;
          assert.equal(ours, theirs.fields.get('x-client'), `${header} ${value}`);
        }
        // What differs: brackets without a port are no address for nginx, and zeros that may mean octal are none for Galley.
        assert.equal((await nginx.ask('/', { [header]: '[::1]' })).fields.get('x-client'), 'unix:::unix:');
        assert.equal((await nginx.ask('/', { [header]: '01.2.3.4' })).fields.get('x-client'), '1.2.3.4::unix:');
      }
    }
  });
});

describe('userid beside nginx', { skip: requires('nginx') }, () => {
  const plan: UserIdPlan = {
    mode: 'on',
    name: 'uid',
    domain: undefined,
    path: '/',
    expires: undefined,
    p3p: undefined,
    mark: undefined,
    service: undefined,
    flags: [],
  };
  const cases: [lines: string, plan: Partial<UserIdPlan>][] = [
    ['userid on;', {}],
    ['userid v1;', { mode: 'v1' }],
    ['userid log;', { mode: 'log' }],
    ['userid on; userid_name who; userid_path /a; userid_domain .x.y;', { name: 'who', path: '/a', domain: '.x.y' }],
    ['userid on; userid_expires max; userid_p3p "CP=ALL";', { expires: 'max', p3p: 'CP=ALL' }],
    ['userid on; userid_expires 90d;', { expires: 7_776_000 }],
    ['userid on; userid_expires 9000d;', { expires: 777_600_000 }],
    ['userid on; userid_mark z; userid_service 258;', { mark: 'z', service: 258 }],
    ['userid v1; userid_mark =; userid_service 258;', { mode: 'v1', mark: '=', service: 258 }],
    ['userid on; userid_flags secure httponly samesite=strict;', { flags: ['secure', 'httponly', 'samesite=strict'] }],
  ];
  const ids = [
    'fwAAAWTjsqAAABI0AwMD/w==',
    'fwAAAWTjsqAAABI0AwMD/wz=',
    'AAAAAAAAAAAAAAAAAAAAAA==',
    'short',
    '!'.repeat(24),
  ];

  it('reads and gives the same cookies', async () => {
    for (const [lines, changes] of cases) {
      const variables = 'add_header x-got "$uid_got"; add_header x-set "$uid_set";';
      await using nginx = await startLoggedNginx(`${lines} location / { ${variables} empty_gif; }`);
      const name = changes.name ?? 'uid';
      const userId = createUserId({ ...plan, ...changes }, fakeContext({ uid_reset: () => undefined }));
      const logged: string[] = [];
      for (const cookie of ['', ...ids.map((id) => `a=b; ${name}=${id}; c=d`), `${name.toUpperCase()}=${ids[0]}`]) {
        const headers: Record<string, string> = cookie === '' ? {} : { cookie };
        const theirs = await nginx.ask('/', headers);
        const { request, log } = fakeSiteRequest('/', {
          headers: Object.entries(headers),
          server: { address: '', port: 0 },
        });
        const empty = { status: 200, headers: HeaderList.empty, body: new Uint8Array() };
        await userId?.step(request);
        const reply = await userId?.filter(request, empty);
        const shape = (fields: readonly (string | undefined)[]): (string | undefined)[] => fields.map(withoutChance);
        assert.equal(request.userIdGot, theirs.fields.get('x-got'));
        assert.deepEqual(
          shape([reply?.headers.get('set-cookie'), reply?.headers.get('p3p'), request.userIdSet]),
          shape(['set-cookie', 'p3p', 'x-set'].map((field) => theirs.fields.get(field))),
          `${lines} ${cookie}`,
        );
        logged.push(...log);
      }
      // nginx logs the whole field, which has other cookies in it.
      const cookies = /a=b; \w+=|; c=d/g;
      const theirs = await requestLog(nginx);
      assert.deepEqual(
        logged,
        theirs.map((line) => line.replace(cookies, '')),
        lines,
      );
    }
  });
});

/** Without the time and the numbers that make an id another one: 4 bytes are the service, the last byte is of the sequence. */
function withoutChance(text: string | undefined): string | undefined {
  return text
    ?.replace(/\d\d:\d\d:\d\d GMT/, 'TIME')
    .replace(/=([\w+/]{5})[\w+/]{17}(?==)/, '=$1…')
    .replace(/=([\w+/]{5})[\w+/]{17}(?=z=)/, '=$1…')
    .replace(/=([\dA-F]{8})[\dA-F]{24}/, '=$1…');
}
