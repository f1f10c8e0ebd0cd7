import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ketama } from './ketama.ts';

const keys = Array.from({ length: 3_000 }, (_, index) => `key ${index}`);

/** Where all keys belong. */
function serversOf(circle: Ketama): number[] {
  return keys.map((key) => circle.serverAt(circle.find(key)));
}

describe('Ketama', () => {
  it('has 160 points for each unit of weight', () => {
    assert.equal(new Ketama([{ name: 'a:80', weight: 1 }]).length, 160);
    assert.equal(
      new Ketama([
        { name: 'a:80', weight: 2 },
        { name: 'unix:/a', weight: 3 },
      ]).length,
      800,
    );
  });

  it('comes from the last point to the first', () => {
    const circle = new Ketama([
      { name: 'a:80', weight: 1 },
      { name: 'b:80', weight: 1 },
    ]);
    const points = Array.from({ length: circle.length }, (_, point) => circle.serverAt(point));
    assert.deepEqual(
      Array.from(points.keys(), (point) => circle.serverAt(point + circle.length)),
      points,
    );
    assert.ok(keys.every((key) => circle.find(key) <= circle.length));
  });

  it('spreads keys about by weight', () => {
    const servers = serversOf(new Ketama([1, 2, 3].map((weight) => ({ name: `s${weight}:80`, weight }))));
    const shares = [0, 1, 2].map((server) => servers.filter((each) => each === server).length / keys.length);
    assert.ok(
      shares.every((share, server) => Math.abs(share - (server + 1) / 6) < 0.05),
      `${shares}`,
    );
  });

  it('tells hosts and ports apart, and takes a path as a whole', () => {
    const names = ['a:80', 'a:81', 'a', '[::1]:80', 'unix:/a:80', 'a:80x'];
    const circles = names.map((name) =>
      serversOf(
        new Ketama([
          { name: 'z:1', weight: 1 },
          { name, weight: 1 },
        ]),
      ).join(''),
    );
    assert.equal(new Set(circles).size, names.length);
  });

  it('has no more than 65536 points, however large weights are', () => {
    const circle = new Ketama([
      { name: 'a:80', weight: 65_535 },
      { name: 'b:80', weight: 65_535 },
      { name: 'c:80', weight: 1 },
    ]);
    assert.ok(circle.length > 60_000 && circle.length <= 2 ** 16, `${circle.length}`);
    const points = new Set(Array.from({ length: circle.length }, (_, point) => circle.serverAt(point)));
    assert.deepEqual(points, new Set([0, 1, 2]));
  });
});
