import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closestName } from './closest-name.ts';

const names = ['--host', '--port', '--workers', '--threads', '--root-path'];

describe('closestName', () => {
  const typos: Readonly<Record<string, string>> = {
    '--prot': '--port',
    '--hst': '--host',
    '--worker': '--workers',
    '--theards': '--threads',
    '--rootpath': '--root-path',
    '--root_path': '--root-path',
  };
  for (const [typo, meant] of Object.entries(typos)) {
    it(`takes ${typo} for ${meant}`, () => assert.equal(closestName(typo, names), meant));
  }

  it('prefers the nearest', () => assert.equal(closestName('--hort', ['--hosts', '--host']), '--host'));

  it('gives nothing where no name is near', () => {
    assert.equal(closestName('--certfile', names), undefined);
    assert.equal(closestName('-x', ['-b']), undefined);
  });
});
