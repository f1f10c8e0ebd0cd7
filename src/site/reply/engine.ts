import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliCompress,
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  gzip,
  gzipSync,
  zstdCompress,
  zstdCompressSync,
} from 'node:zlib';

export type Encoding = 'gzip' | 'br' | 'zstd';

/** A compressing stream of zlib. */
export type CompressionStream = Transform & { flush(callback?: () => void): void };

/** One content coding at one level. */
export interface Engine {
  readonly encoding: Encoding;
  /** Content up to this size is compressed at once, in about a millisecond at most; what is longer in a thread of libuv's pool. */
  readonly syncSize: number;
  now(content: Uint8Array): Buffer;
  later(content: Uint8Array): Promise<Buffer>;
  /** Its `flush` sends what it holds in a form that can be unpacked. */
  stream(): CompressionStream;
}

const msPerMiB: Readonly<Record<Encoding, readonly (readonly [upTo: number, ms: number])[]>> = {
  gzip: [
    [3, 6],
    [6, 25],
    [9, 60],
  ],
  br: [
    [2, 4],
    [4, 11],
    [9, 60],
    [11, 1500],
  ],
  zstd: [
    [3, 3],
    [9, 20],
    [22, 400],
  ],
};

/** What a stream gives at once, in bytes. Each time is a round through libuv's pool. */
const chunkSize = 32 * 1024;

const engines = new Map<string, Engine>();

/** The engine for a coding and a level; the same one each time. */
export function engineFor(encoding: Encoding, level: number): Engine {
  const key = `${encoding} ${level}`;
  const known = engines.get(key);
  if (known) return known;
  const engine = { encoding, syncSize: syncSize(encoding, level), ...functionsOf(encoding, level) };
  engines.set(key, engine);
  return engine;
}

function syncSize(encoding: Encoding, level: number): number {
  const ms = msPerMiB[encoding].find(([upTo]) => level <= upTo)?.[1] ?? 1500;
  return Math.floor((1024 * 1024) / ms);
}

function functionsOf(encoding: Encoding, level: number): Pick<Engine, 'now' | 'later' | 'stream'> {
  switch (encoding) {
    case 'gzip': {
      const later = promisify<Uint8Array, object, Buffer>(gzip);
      return {
        now: (content) => gzipSync(content, { level }),
        later: (content) => later(content, { level }),
        stream: () => createGzip({ level, chunkSize }),
      };
    }
    case 'br': {
      const params = { [constants.BROTLI_PARAM_QUALITY]: level };
      const sized = ({ length }: Uint8Array): object => ({
        params: { ...params, [constants.BROTLI_PARAM_SIZE_HINT]: length },
      });
      const later = promisify<Uint8Array, object, Buffer>(brotliCompress);
      return {
        now: (content) => brotliCompressSync(content, sized(content)),
        later: (content) => later(content, sized(content)),
        stream: () => createBrotliCompress({ params, chunkSize }),
      };
    }
    case 'zstd': {
      const params = { [constants.ZSTD_c_compressionLevel]: level };
      const later = promisify<Uint8Array, object, Buffer>(zstdCompress);
      return {
        now: (content) => zstdCompressSync(content, { params, pledgedSrcSize: content.length }),
        later: (content) => later(content, { params, pledgedSrcSize: content.length }),
        stream: () => createZstdCompress({ params, chunkSize }),
      };
    }
  }
}
