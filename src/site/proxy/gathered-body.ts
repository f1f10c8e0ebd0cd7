import type { Body } from '../../core/body.ts';
import { TempFile } from './temp-file.ts';

const pieceSize = 64 * 1024;

/** A body that has come to its end: it can be sent more than once. */
export interface GatheredBody {
  readonly body: Body;
  readonly length: number;
  /** Lets go of it. */
  close(): void;
}

/**
 * Reads a body to its end: up to `memory` bytes are kept in memory, the rest in a file in `folder`. Rejects with what the body fails with, and with
 * errors of the file system.
 */
export async function gatherBody(
  source: AsyncIterable<Uint8Array>,
  memory: number,
  folder: string | undefined,
): Promise<GatheredBody> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let file: TempFile | undefined;
  try {
    for await (const piece of source) {
      length += piece.length;
      if (!file && length <= memory) {
        pieces.push(piece);
        continue;
      }
      file ??= await TempFile.open(folder);
      for (const before of pieces.splice(0)) await file.append(before);
      await file.append(piece);
    }
  } catch (error) {
    await file?.close();
    throw error;
  }
  if (!file) return { body: Buffer.concat(pieces), length, close: () => {} };
  const kept = file;
  return { body: { [Symbol.asyncIterator]: () => contentOf(kept) }, length, close: () => void kept.close() };
}

async function* contentOf(file: TempFile): AsyncGenerator<Uint8Array, undefined> {
  for (let at = 0; at < file.size; ) {
    const piece = await file.read(at, pieceSize);
    at += piece.length;
    yield piece;
  }
}
