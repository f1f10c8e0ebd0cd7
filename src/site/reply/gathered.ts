import { emptyBody } from '../../core/body.ts';
import type { ByteTransform } from './transformed-body.ts';

/** Takes the whole of a content that is known to be short, and changes it in one go. */
export function gathered(change: (content: Uint8Array) => Uint8Array): ByteTransform {
  const pieces: Uint8Array[] = [];
  return {
    push(piece) {
      pieces.push(piece);
      return emptyBody;
    },
    end: () => change(pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)),
  };
}
