import assert from 'node:assert/strict';
import { it } from 'node:test';
import { serviceName } from './service-name.ts';

for (const [service, expected] of [
  ['http', '_http._tcp.shop.example'],
  ['_http', '_http._tcp.shop.example'],
  ['_http._tcp', '_http._tcp.shop.example'],
  ['server1.backend', 'server1.backend.shop.example'],
] as const) {
  it(`asks for ${expected} where the service is ${service}`, () => {
    assert.equal(serviceName(service, 'shop.example'), expected);
  });
}
