import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeAcme } from '../../../test/support/fake-acme.ts';
import { HttpsClient } from './https-client.ts';

const { signal } = new AbortController();

describe('HttpsClient', () => {
  it('gives up where no answer comes', async () => {
    await using fake = await FakeAcme.start();
    fake.fault = () => 'silence';
    const client = new HttpsClient(fake.ca, 50);
    const sent = client.send({ method: 'GET', url: fake.directory, signal });
    await assert.rejects(sent, { message: `Cannot ask ${fake.directory}: no answer after 50 ms` });
    client.close();
  });

  it('gives up an answer that is too long', async () => {
    await using fake = await FakeAcme.start();
    fake.fault = () => ({ status: 200, body: 'x'.repeat(256 * 1024 + 1) });
    const client = new HttpsClient(fake.ca);
    const sent = client.send({ method: 'GET', url: fake.directory, signal });
    await assert.rejects(sent, /its answer has more than 262144 bytes/);
    fake.fault = () => ({ status: 200, body: 'x'.repeat(256 * 1024) });
    assert.equal((await client.send({ method: 'GET', url: fake.directory, signal })).body.length, 256 * 1024);
    client.close();
  });

  it('believes no server whose certificate leads to no CA that is trusted', async () => {
    await using fake = await FakeAcme.start();
    const client = new HttpsClient(undefined);
    await assert.rejects(client.send({ method: 'GET', url: fake.directory, signal }), /unable to verify|self-signed/);
    assert.equal(fake.requests.length, 0);
    client.close();
  });

  it('asks over TLS alone', async () => {
    const client = new HttpsClient(undefined);
    const url = 'http://127.0.0.1:1/';
    await assert.rejects(client.send({ method: 'GET', url, signal }), {
      message: `Cannot ask "${url}": it is no https URL`,
    });
    client.close();
  });

  it('ends a request that is not wanted any more', async () => {
    await using fake = await FakeAcme.start();
    const stop = new AbortController();
    fake.fault = () => {
      stop.abort(new Error('stopped'));
      return 'silence';
    };
    const client = new HttpsClient(fake.ca);
    await assert.rejects(client.send({ method: 'GET', url: fake.directory, signal: stop.signal }), {
      message: 'stopped',
    });
    client.close();
  });
});
