import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorReply } from './error-reply.ts';

describe('errorReply', () => {
  it('is made once for each status and each reason', () => {
    const missing = errorReply(404, undefined, undefined);
    assert.equal(errorReply(404, undefined, undefined), missing);
    assert.equal(Buffer.from(missing.body as Uint8Array).toString(), '404 Not Found\n');
    const full = errorReply(503, 'queue-full', undefined);
    assert.notEqual(errorReply(503, 'shutting-down', undefined).body, full.body);
  });
});
