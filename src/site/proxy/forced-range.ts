import type { Body } from '../../core/body.ts';
import { emptyBody } from '../../core/body.ts';
import type { Reply } from '../../core/reply.ts';
import { decideRanges } from '../../http/range.ts';
import { asStream } from '../reply/transformed-body.ts';
import type { SiteRequest } from '../site-request.ts';

/**
 * Cuts the one range that a request asks for out of an answer that has all bytes, whether or not the peer knows ranges: nginx's
 * `proxy_force_ranges`. Several ranges, and answers whose length is not known, stay whole.
 */
export function withForcedRange(request: SiteRequest, reply: Reply): Reply {
  const field = request.header('range');
  const { status, headers, body } = reply;
  const length = headers.get('content-length');
  if (status !== 200 || length === undefined) return reply;
  const whole = { ...reply, headers: headers.replaced('accept-ranges', 'bytes') };
  if (field === undefined || request.header('if-range') !== undefined) return whole;
  const size = Number(length);
  const ranges = decideRanges(field, size, 1);
  if (ranges === 'whole') return whole;
  if (ranges === 'unsatisfiable') {
    if (!(body instanceof Uint8Array)) void body[Symbol.asyncIterator]().return?.();
    const fields = headers
      .without('accept-ranges', 'content-length', 'content-type')
      .with('content-range', `bytes */${size}`);
    return { ...reply, status: 416, reason: '', headers: fields, body: emptyBody };
  }
  const [range] = ranges;
  if (!range) return whole;
  const { start, end } = range;
  const told = headers
    .without('accept-ranges')
    .replaced('content-length', String(end - start))
    .replaced('content-range', `bytes ${start}-${end - 1}/${size}`);
  return { ...reply, status: 206, reason: '', headers: told, body: part(body, start, end) };
}

function part(body: Body, start: number, end: number): Body {
  return body instanceof Uint8Array ? body.subarray(start, end) : partOf(asStream(body), start, end);
}

async function* partOf(
  body: AsyncIterable<Uint8Array>,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, undefined> {
  let at = 0;
  for await (const piece of body) {
    const wanted = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += piece.length;
    if (wanted.length > 0) yield wanted;
    if (at >= end) return;
  }
}
