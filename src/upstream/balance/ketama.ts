import { crc32Byte, crc32End, crc32Start, crc32Text } from './crc32.ts';

/** A server name with its weight. */
export interface KetamaServer {
  readonly name: string;
  readonly weight: number;
}

/** Points of a weight of 1. */
const pointsPerWeight = 160;
/**
 * Of all servers together, so that a circle is made within one turn. Weights that come to more, 410 and above, are made smaller by the same
 * factor: shares stay what they were, but are no longer nginx's, key by key.
 */
const mostPoints = 2 ** 16;

/**
 * A circle of hashes on which each server has points, so that one more or less moves few keys: as nginx's `hash KEY consistent` and Perl's
 * Cache::Memcached::Fast with `ketama_points => 160`.
 */
export class Ketama {
  /** In order. */
  readonly #hashes: Uint32Array;
  /** For each of them the index of a server. */
  readonly #servers: Uint16Array;

  /** At least one server, each with a name of its own. */
  constructor(servers: readonly KetamaServer[]) {
    const total = servers.reduce((sum, { weight }) => sum + weight, 0) * pointsPerWeight;
    const scale = Math.min(1, mostPoints / total);
    // A hash and a server in one number, so that they can be sorted as numbers.
    const points: number[] = [];
    for (const [index, { name, weight }] of servers.entries()) {
      const count = Math.max(1, Math.floor(weight * pointsPerWeight * scale));
      for (const hash of pointsOf(name, count)) points.push(hash * 2 ** 16 + index);
    }
    const sorted = Float64Array.from(points)
      .sort()
      .filter((point, at, all) => at === 0 || hashOf(point) !== hashOf(all[at - 1] as number));
    this.#hashes = Uint32Array.from(sorted, hashOf);
    this.#servers = Uint16Array.from(sorted, (point) => point % 2 ** 16);
  }

  /** How many points there are. */
  get length(): number {
    return this.#hashes.length;
  }

  /** The point that a key (latin-1) belongs to. */
  find(key: string): number {
    const hash = crc32End(crc32Text(crc32Start, key));
    let from = 0;
    let to = this.#hashes.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#hashes[middle] as number) < hash) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** The index of the server at a point; behind the last one comes the first. */
  serverAt(point: number): number {
    return this.#servers[point % this.#servers.length] as number;
  }
}

function hashOf(point: number): number {
  return Math.floor(point / 2 ** 16);
}

/** Each hash goes on from that of host and port with the bytes of the one before it. */
function* pointsOf(name: string, count: number): Generator<number> {
  const [host, port] = hostAndPort(name);
  const base = crc32Text(crc32Byte(crc32Text(crc32Start, host), 0), port);
  let last = 0;
  for (let point = 0; point < count; point++) {
    let state = base;
    for (let shift = 0; shift < 32; shift += 8) state = crc32Byte(state, (last >>> shift) & 0xff);
    last = crc32End(state);
    yield last;
  }
}

function hostAndPort(name: string): readonly [host: string, port: string] {
  if (/^unix:/i.test(name)) return [name.slice('unix:'.length), ''];
  const port = /:(\d*)$/.exec(name);
  return port ? [name.slice(0, port.index), port[1] ?? ''] : [name, ''];
}
