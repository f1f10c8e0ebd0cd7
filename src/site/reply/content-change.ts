import type { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';

/** Whether an answer is the whole of what it stands for, and there is something of it; one to HEAD only stands for it. */
export function hasWholeContent(method: string, { status, body }: Reply): boolean {
  if (status === 204 || status === 206 || status === 304) return false;
  return method === 'HEAD' || !(body instanceof Uint8Array) || body.length > 0;
}

/** The fields of content that was changed and has another length now. It is no longer the same byte for byte: the ETag becomes weak. */
export function changedContent(headers: HeaderList): HeaderList {
  const rest = headers.without('content-length', 'accept-ranges');
  const etag = rest.get('etag');
  return etag?.startsWith('"') ? rest.replaced('etag', `W/${etag}`) : rest;
}

/** Adds to the fields that an answer depends on `accept-encoding` (RFC 9110 §12.5.5). */
export function variesByEncoding(headers: HeaderList): HeaderList {
  const vary = headers.getAll('vary').join(', ');
  if (vary === '') return headers.with('vary', 'Accept-Encoding');
  if (/(?:^|[, \t])(?:accept-encoding|\*)(?:$|[, \t])/i.test(vary)) return headers;
  return headers.replaced('vary', `${vary}, Accept-Encoding`);
}

/** Stops the source of an answer that nobody gets. */
export function cancelReply({ body }: Reply): void {
  if (!(body instanceof Uint8Array)) void body[Symbol.asyncIterator]().return?.();
}
