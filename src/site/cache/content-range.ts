import type { HeaderList } from '../../core/headers.ts';

/** Which bytes of a whole an answer has. */
export interface ContentRange {
  readonly start: number;
  /** Not counted. */
  readonly end: number;
  /** Bytes of the whole. */
  readonly total: number;
}

/** Undefined where an answer does not say that, or its length is another one. */
export function contentRangeOf(headers: HeaderList): ContentRange | undefined {
  const [, first, last, all] =
    /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(headers.get('content-range') ?? '') ?? [];
  const start = Number(first);
  const end = Number(last) + 1;
  const total = Number(all);
  if (all === undefined || start >= end || end > total) return undefined;
  const length = headers.get('content-length');
  return length === undefined || Number(length) === end - start ? { start, end, total } : undefined;
}

/** The same of an answer to a request for one piece, `bytes=0-4`; undefined where it is not that piece, of which only the last may be shorter. */
export function pieceRangeOf(headers: HeaderList, asked: string | undefined): ContentRange | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(asked ?? '') ?? [];
  const range = contentRangeOf(headers);
  const isAsked = range?.start === Number(first) && range.end === Math.min(Number(last) + 1, range.total);
  return isAsked ? range : undefined;
}
