import { type Body, emptyBody } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import { type StatusOutcome, statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';

const tooLarge = statusOutcome(413);

/** Refuses a request whose body is known to be larger than its location takes. */
export function checkBodySize(request: SiteRequest): StatusOutcome | undefined {
  const { body } = request.exchange;
  const { maxBodySize } = request.location.settings;
  if (body === emptyBody || maxBodySize === 0) return undefined;
  const size = body instanceof Uint8Array ? body.length : Number(request.header('content-length') ?? 0);
  if (size <= maxBodySize) return undefined;
  request.log('error', `client intended to send too large body: ${size} bytes`);
  return tooLarge;
}

/** A body whose length is not known beforehand fails when it is larger than its location takes. */
export function limitedBody(request: SiteRequest): Body {
  const { body } = request.exchange;
  const { maxBodySize } = request.location.settings;
  if (body instanceof Uint8Array || maxBodySize === 0) return body;
  return request.header('content-length') === undefined ? countedBody(body, request, maxBodySize) : body;
}

async function* countedBody(
  body: AsyncIterable<Uint8Array>,
  request: SiteRequest,
  maxSize: number,
): AsyncIterable<Uint8Array> {
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > maxSize) {
      request.log('error', `client intended to send too large chunked body: ${size} bytes`);
      throw new PeerError('body-too-large', `Cannot take the request: its body has more than ${maxSize} bytes`);
    }
    yield piece;
  }
}
