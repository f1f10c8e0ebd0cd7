import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isForwardedName } from './forwarded-name.ts';

function isForwarded(name: string): boolean {
  const bytes = Buffer.from(`-${name}-for`);
  return isForwardedName(bytes, 1, 1 + name.length);
}

describe('isForwardedName', () => {
  it('knows every header by which a proxy tells of its client', () => {
    const kinds = ['for', 'proto', 'host', 'port', 'prefix', 'ssl', 'by', 'server', 'protocol', 'scheme', 'user'];
    for (const name of ['forwarded', 'x-real-ip', 'x-forwarded', ...kinds.map((kind) => `x-forwarded-${kind}`)]) {
      assert.equal(isForwarded(name), true, name);
    }
  });

  it('knows no other', () => {
    for (const name of [
      'f',
      'x',
      'from',
      'forward',
      'forwarded-for',
      'x-forward',
      'x-real-ips',
      'x-request-id',
      'host',
    ]) {
      assert.equal(isForwarded(name), false, name);
    }
  });

  it('255: takes an underscore for a hyphen', () => {
    for (const name of ['x_forwarded_for', 'x-forwarded_proto', 'x_forwarded', 'x_real-ip']) {
      assert.equal(isForwarded(name), true, name);
    }
  });
});
