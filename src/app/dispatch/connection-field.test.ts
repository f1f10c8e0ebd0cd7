import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionFacts } from '../../core/exchange.ts';
import type { ClientCertificate, TlsFacts } from '../../core/tls-facts.ts';
import { connectionField } from './connection-field.ts';

const facts: ConnectionFacts = {
  listener: 0,
  scheme: 'https',
  client: { address: '10.0.0.1', port: 5 },
  server: { address: '10.0.0.2', port: 443 },
};

function partsOf(tls: Partial<TlsFacts> | undefined): readonly string[] {
  const field = connectionField(tls ? { ...facts, tls: tls as TlsFacts } : facts);
  assert.equal(field.toString('latin1', 0, 1), 's');
  assert.equal(field.readUInt32LE(1), field.length - 5);
  return field.toString('utf8', 5).split('\0');
}

describe('connectionField', () => {
  const ends = ['https', '10.0.0.1', '5', '10.0.0.2', '443'];
  const tls: Partial<TlsFacts> = { version: 'TLSv1.3', cipherNumber: 0x1301, clientVerify: 'NONE', client: undefined };

  it('has the ends of a connection, and its TLS where it has any', () => {
    assert.deepEqual(partsOf(undefined), ends);
    assert.deepEqual(partsOf(tls), [...ends, '772', '4865', '', '', '']);
  });

  it("has the client's certificates", () => {
    const client = { subject: 'CN=é', chain: ['leaf\n', 'other\n'] } as unknown as ClientCertificate;
    assert.deepEqual(partsOf({ ...tls, clientVerify: 'SUCCESS', client }).slice(7), ['', 'CN=é', 'leaf\nother\n']);
    const failed = partsOf({ ...tls, clientVerify: 'FAILED:certificate has expired', client });
    assert.equal(failed[7], 'certificate has expired');
  });

  it('leaves out certificates where there are too many', () => {
    const chain = ['leaf', 'x'.repeat(40_000), 'y'.repeat(40_000)];
    const parts = partsOf({ ...tls, client: { subject: '', chain } as unknown as ClientCertificate });
    assert.equal(parts.at(-1), `leaf${'x'.repeat(40_000)}`);
  });

  it('is made once for a connection', () => {
    assert.equal(connectionField(facts), connectionField(facts));
  });
});
