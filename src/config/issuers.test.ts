import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDnsName } from './issuers.ts';

describe('isDnsName', () => {
  for (const name of ['a.example', '*.a.example', 'A.Example', 'localhost', 'xn--bcher-kva.example']) {
    it(`takes ${name}`, () => assert.equal(isDnsName(name), true));
  }
  for (const name of ['_x.example', '', '-a.example', 'a..example', '1.2.3.4', '*.*.a.example', 'bücher.example']) {
    it(`refuses "${name}", as issuers do`, () => assert.equal(isDnsName(name), false));
  }
});
