import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseBindAddress } from './bind-address.ts';

describe('parseBindAddress', () => {
  const cases: Readonly<Record<string, unknown>> = {
    '127.0.0.1:8000': { kind: 'tcp', host: '127.0.0.1', port: 8000 },
    'localhost:0': { kind: 'tcp', host: 'localhost', port: 0 },
    '10.0.0.1': { kind: 'tcp', host: '10.0.0.1', port: 8000 },
    ':65535': { kind: 'tcp', host: '0.0.0.0', port: 65_535 },
    '[::1]:8000': { kind: 'tcp', host: '::1', port: 8000 },
    '[::]': { kind: 'tcp', host: '::', port: 8000 },
    'unix:/run/a.sock': { kind: 'unix', path: '/run/a.sock' },
    'unix:a.sock': { kind: 'unix', path: 'a.sock' },
    '/run/a.sock': { kind: 'unix', path: '/run/a.sock' },
  };
  for (const [text, expected] of Object.entries(cases)) {
    it(`reads ${text}`, () => assert.deepEqual(parseBindAddress(text), expected));
  }

  for (const text of [
    '',
    '8000',
    ':',
    ':65536',
    'a:b',
    'a:1:2',
    '::1',
    '::1:80',
    '[1.2.3.4]:80',
    '[::1',
    'unix:',
    'http://a:80',
  ]) {
    it(`refuses "${text}"`, () => assert.equal(parseBindAddress(text), undefined));
  }
});
