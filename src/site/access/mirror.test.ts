import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeContext, fakeSiteRequest } from '../../../test/support/fake-site-request.ts';
import { until } from '../../../test/support/until.ts';
import type { Body } from '../../core/body.ts';
import type { ContentSettings } from '../../plan/settings.ts';
import type { SiteServices } from '../services.ts';
import { createMirror } from './mirror.ts';

function settings(mirrors: string[], mirrorsBody = true): ContentSettings {
  return { mirrors, mirrorsBody } as unknown as ContentSettings;
}

/** What is asked of other paths when a request with this body comes. */
function asked(
  step: ReturnType<typeof createMirror>,
  body: Body,
): { readonly asked: string[]; readonly log: readonly string[] } {
  const asked: string[] = [];
  const services: Partial<SiteServices> = {
    subrequest: (parent, uri, args, as) => {
      asked.push(`${as?.method} ${uri}?${args} ${Buffer.from(as?.body ?? []).toString()}`);
      return Promise.resolve({ request: parent, outcome: { kind: 'status', status: 500 } });
    },
  };
  const { request, log } = fakeSiteRequest('/path?a=1', { method: 'POST', body, services });
  assert.equal(step?.(request), undefined);
  return { asked, log };
}

async function* streamed(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('body');
}

describe('createMirror', () => {
  it('makes nothing where there are no mirrors', () => {
    assert.equal(createMirror(settings([]), fakeContext()), undefined);
  });

  it('makes the request to each mirror, with its body', () => {
    const step = createMirror(settings(['/one', '/two$arg_a']), fakeContext());
    assert.deepEqual(asked(step, Buffer.from('body')).asked, ['POST /one?a=1 body', 'POST /two1?a=1 body']);
  });

  it('leaves the body out where it is to', () => {
    const step = createMirror(settings(['/one'], false), fakeContext());
    assert.deepEqual(asked(step, Buffer.from('body')).asked, ['POST /one?a=1 ']);
    assert.deepEqual(asked(step, streamed()).asked, ['POST /one?a=1 ']);
  });

  it('does not mirror a body that is streamed', () => {
    const { asked: made, log } = asked(createMirror(settings(['/one']), fakeContext()), streamed());
    assert.deepEqual(made, []);
    assert.deepEqual(log, ['info: a request whose body is streamed is not mirrored']);
  });

  it('does not mirror subrequests, and does not fail with its mirrors', async () => {
    const step = createMirror(settings(['/one']), fakeContext())!;
    const services: Partial<SiteServices> = { subrequest: () => Promise.reject(new Error('it is closed')) };
    const { request, log } = fakeSiteRequest('/', { services });
    assert.equal(step(fakeSiteRequest('/sub', { parent: request, services }).request), undefined);
    assert.equal(step(request), undefined);
    await until(() => log.length > 0, 'the failure in the log');
    assert.deepEqual(log, ['error: mirror failed: it is closed']);
  });
});
