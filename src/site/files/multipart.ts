import type { ByteRange } from '../../http/range.ts';
import type { FileSegment } from './file-body.ts';

/** Parts of content as a `multipart/byteranges` body (RFC 9110 §14.6), framed as nginx does. */
export interface Multipart {
  readonly segments: readonly FileSegment[];
  /** Bytes of the body. */
  readonly length: number;
}

/** `type` is the media type of the parts, '' for none; `boundary` is in none of them. */
export function multipartOf(ranges: readonly ByteRange[], size: number, type: string, boundary: string): Multipart {
  const segments: FileSegment[] = [];
  let length = 0;
  const typeLine = type === '' ? '' : `Content-Type: ${type}\r\n`;
  for (const range of ranges) {
    const { start, end } = range;
    const line = `\r\n--${boundary}\r\n${typeLine}Content-Range: bytes ${start}-${end - 1}/${size}\r\n\r\n`;
    segments.push(Buffer.from(line, 'latin1'), range);
    length += line.length + end - start;
  }
  const last = `\r\n--${boundary}--\r\n`;
  segments.push(Buffer.from(last, 'latin1'));
  return { segments, length: length + last.length };
}
