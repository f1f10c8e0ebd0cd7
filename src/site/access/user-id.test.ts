import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type FakeSiteRequest,
  type FakeSiteRequestOptions,
  fakeContext,
  fakeSiteRequest,
} from '../../../test/support/fake-site-request.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import type { UserIdPlan } from '../../plan/settings.ts';
import { createUserId } from './user-id.ts';

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
const plain: Reply = { status: 200, headers: HeaderList.of([['x-a', '1']]), body: new Uint8Array() };
const id = Buffer.from('7f00000164e3b2a000001234030303ff', 'hex');
const text = id.toString('base64').slice(0, 22);
const now = Date.UTC(2026, 0, 2, 3, 4, 5);

/** What a request gets, with what its cookie says of it. */
async function visit(
  changes: Partial<UserIdPlan>,
  cookie?: string,
  reset?: string,
  options: FakeSiteRequestOptions = {},
): Promise<FakeSiteRequest & { readonly cookies: string[]; readonly reply: Reply }> {
  const fake = fakeSiteRequest('/', {
    headers: cookie === undefined ? [] : [['cookie', cookie]],
    services: { now: () => now },
    ...options,
  });
  const userId = createUserId({ ...plan, ...changes }, fakeContext({ uid_reset: () => reset }))!;
  assert.equal(await userId.step(fake.request), undefined);
  const reply = await userId.filter(fake.request, plain);
  return { ...fake, reply, cookies: reply.headers.getAll('set-cookie') };
}

describe('createUserId', () => {
  it('makes nothing where it is off', () => {
    assert.equal(createUserId(undefined, fakeContext()), undefined);
  });

  it('gives an id to who has none: the address of the server, the time, and numbers of its own', async () => {
    const first = await visit({});
    const second = await visit({});
    const [cookie = ''] = first.cookies;
    assert.match(cookie, /^uid=[A-Za-z\d+/]{22}==; path=\/$/);
    const bytes = Buffer.from(cookie.slice(4, 28), 'base64');
    assert.deepEqual([...bytes.subarray(0, 4)], [127, 0, 0, 1]);
    assert.equal(bytes.readUInt32BE(4), now / 1000);
    const words = [0, 4, 8, 12].map((at) => bytes.readUInt32LE(at).toString(16).toUpperCase().padStart(8, '0'));
    assert.equal(first.request.userIdSet, `uid=${words.join('')}`);
    assert.equal(first.request.userIdGot, undefined);
    assert.notEqual(second.request.userIdSet, first.request.userIdSet);
    assert.equal(first.reply.headers.get('x-a'), '1');
  });

  it('leaves alone who has one', async () => {
    const visited = await visit({}, `a=b; UID=${text}==; c=d`);
    assert.deepEqual(visited.cookies, []);
    assert.equal(visited.reply, plain);
    assert.equal(visited.request.userIdGot, 'uid=0100007FA0B2E36434120000FF030303');
    assert.equal(visited.request.userIdSet, undefined);
  });

  it('gives a new one for a cookie that is none, and says so', async () => {
    const short = await visit({}, 'uid=abc');
    assert.equal(short.cookies.length, 1);
    assert.deepEqual(short.log, ['error: client sent too short userid cookie "abc"']);
    const invalid = await visit({}, `uid=${'!'.repeat(24)}`);
    assert.equal(invalid.cookies.length, 1);
    assert.deepEqual(invalid.log, [`error: client sent invalid userid cookie "${'!'.repeat(24)}"`]);
    assert.equal((await visit({}, `uid=${'A'.repeat(24)}`)).cookies.length, 1);
  });

  it('only logs where it is to log', async () => {
    const got = await visit({ mode: 'log' }, `uid=${text}==`);
    assert.notEqual(got.request.userIdGot, undefined);
    const none = await visit({ mode: 'log' });
    assert.deepEqual([none.request.userIdGot, none.request.userIdSet, none.cookies], [undefined, undefined, []]);
  });

  it('writes version 1 as nginx does', async () => {
    const { cookies } = await visit({ mode: 'v1', service: 258 });
    const bytes = Buffer.from(cookies[0]!.slice(4, 28), 'base64');
    assert.deepEqual(
      [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(12) & 0xff],
      [258, now / 1000, 1],
    );
  });

  it('says all that the cookie is to say', async () => {
    const visited = await visit({
      name: 'who',
      domain: '.example.com',
      path: '/shop',
      expires: 86_400,
      p3p: 'CP="ALL"',
      service: 1,
      flags: ['secure', 'httponly', 'samesite=lax'],
    });
    assert.match(
      visited.cookies[0]!,
      /^who=AAAAA[A-Za-z\d+/]{17}==; expires=Sat, 03-Jan-26 03:04:05 GMT; domain=\.example\.com; path=\/shop; secure; httponly; samesite=lax$/,
    );
    assert.equal(visited.reply.headers.get('p3p'), 'CP="ALL"');
    const { cookies } = await visit({ expires: 'max' });
    assert.match(cookies[0]!, /; expires=Thu, 31-Dec-37 23:55:55 GMT; path=\/$/);
    const late = await visit({ expires: 86_400 * 365 * 20 });
    assert.match(late.cookies[0]!, /; expires=Thu, 28-Dec-2045 03:04:05 GMT;/);
  });

  it('sends the same id again, marked, where the mark is another', async () => {
    const marked = await visit({ mark: 'z' }, `uid=${text}==`);
    assert.deepEqual(marked.cookies, [`uid=${text}z=; path=/`]);
    assert.equal(marked.request.userIdSet, marked.request.userIdGot);
    assert.deepEqual((await visit({ mark: 'z' }, `uid=${text}z=`)).cookies, []);
  });

  it('gives a new one where $uid_reset says so', async () => {
    for (const reset of ['', '0']) assert.deepEqual((await visit({}, `uid=${text}==`, reset)).cookies, []);
    const again = await visit({}, `uid=${text}==`, '1');
    assert.equal(again.cookies.length, 1);
    assert.deepEqual(again.log, []);
    assert.doesNotMatch(again.cookies[0]!, new RegExp(text.slice(0, 12)));
    const logged = await visit({}, `uid=${text}==`, 'log');
    assert.deepEqual(logged.log, ['notice: userid cookie "uid=0100007FA0B2E36434120000FF030303" was reset']);
  });

  it('gives answers one that were made before its step, and subrequests none of their own', async () => {
    const userId = createUserId(plan, fakeContext({ uid_reset: () => undefined }))!;
    const { request } = fakeSiteRequest('/');
    const subrequest = fakeSiteRequest('/sub', { parent: request }).request;
    await userId.step(subrequest);
    assert.equal(await userId.filter(subrequest, plain), plain);
    const reply = await userId.filter(request, plain);
    assert.equal(reply.headers.getAll('set-cookie').length, 1);
  });
});
