import { createHash, type Hash } from 'node:crypto';

/** So many bytes, told to `digest` as they are taken; they differ from piece to piece, so that a lost, doubled or swapped one shows. */
export function* randomPieces(size: number, digest: Hash): Iterable<Uint8Array> {
  const block = Buffer.alloc(64 * 1024);
  for (let at = 0; at < block.length; at += 32) createHash('sha256').update(`${at}`).digest().copy(block, at);
  for (let left = size, number = 0; left > 0; number++) {
    const piece = Buffer.from(block.subarray(0, Math.min(left, block.length)));
    piece.writeUInt32LE(number);
    digest.update(piece);
    yield piece;
    left -= piece.length;
  }
}
