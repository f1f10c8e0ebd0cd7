import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type StateSurroundings, stateFolder } from './state-folder.ts';

describe('stateFolder', () => {
  const cases: readonly (readonly [uid: number, environment: StateSurroundings['environment'], folder: string])[] = [
    [0, {}, '/var/lib/galley'],
    [0, { XDG_DATA_HOME: '/data' }, '/var/lib/galley'],
    [0, { STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }, '/var/lib/a'],
    [1, {}, '/home/ann/.local/share/galley'],
    [1, { XDG_DATA_HOME: '/data' }, '/data/galley'],
    [1, { XDG_DATA_HOME: 'data', STATE_DIRECTORY: '' }, '/home/ann/.local/share/galley'],
  ];
  for (const [uid, environment, folder] of cases) {
    it(`is ${folder} for ${uid === 0 ? 'root' : 'others'} with ${JSON.stringify(environment)}`, () => {
      assert.equal(stateFolder({ uid, home: '/home/ann', environment }), folder);
    });
  }
});
