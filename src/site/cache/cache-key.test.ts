import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeContext, fakeSiteRequest } from '../../../test/support/fake-site-request.ts';
import { HeaderList } from '../../core/headers.ts';
import { compileKey } from './cache-key.ts';

const options = { scope: '', isByTarget: false };
const keyOf = compileKey(undefined, fakeContext(), options);

describe('compileKey', () => {
  it('makes the URL that an upstream sees', () => {
    const keys: readonly (readonly [target: string, host: string, key: string])[] = [
      ['/a?b', 'Test', 'http://test/a?b'],
      ['/a?', 'test', 'http://test/a?'],
      ['/', 'test:80', 'http://test/'],
      ['/', 'test:8080', 'http://test:8080/'],
      ['/', '[::1]:80', 'http://[::1]/'],
    ];
    for (const [target, host, key] of keys) assert.equal(keyOf(fakeSiteRequest(target, { host }).request), key);
  });

  it('tells a request without a host from all that have one', () => {
    const { request, exchange } = fakeSiteRequest('/a');
    const head = { ...exchange.request, headers: HeaderList.empty };
    assert.equal(keyOf(request.withExchange({ ...exchange, request: head })), 'http:/a');
  });

  it('takes a template in its place', () => {
    const { request } = fakeSiteRequest('/a?b=1');
    assert.equal(compileKey('x$arg_b', fakeContext(), options)(request), 'x1');
  });
});
