import type { HeaderList } from '../core/headers.ts';
import type { Reply } from '../core/reply.ts';
import { decodeEscapes, decodePath } from '../http/uri.ts';
import { type InternalRedirect, type StatusOutcome, statusOutcome } from './outcome.ts';
import { cancelReply } from './reply/content-change.ts';
import type { SiteRequest } from './site-request.ts';

/** The fields of an app's answer that stay when something else is sent in its place, as in nginx. */
const kept: ReadonlySet<string> = new Set([
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-type',
  'expires',
  'set-cookie',
  // The filters of where it goes heed them.
  'x-accel-charset',
  'x-accel-limit-rate',
]);

/** What no path may have after its escapes are decoded: nginx's "unsafe URI". */
const unsafe = /^[^/]|^$|\0|\/\.\.(?:\/|$)/;

/** Where an app sends its client without the client knowing: `X-Accel-Redirect`. Its other fields are kept in the request. */
export function accelerated(request: SiteRequest, reply: Reply): InternalRedirect | StatusOutcome | undefined {
  const target = reply.headers.get('x-accel-redirect');
  if (target === undefined) return undefined;
  cancelReply(reply);
  request.acceleratedFields = [...reply.headers].filter(([name]) => kept.has(name));
  if (target.startsWith('@')) return { kind: 'redirect', target, args: undefined };
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  if (unsafe.test(decodeEscapes(path))) {
    request.log('error', `unsafe URI "${target}" was detected`);
    return statusOutcome(404);
  }
  request.method = request.method === 'HEAD' ? 'HEAD' : 'GET';
  return { kind: 'redirect', target: decodePath(path, true), args: mark < 0 ? '' : target.slice(mark + 1) };
}

/** An answer with the fields that the app wanted in place of its own. */
export function withAcceleratedFields(request: SiteRequest, headers: HeaderList): HeaderList {
  const fields = request.acceleratedFields;
  if (!fields || fields.length === 0) return headers;
  return headers.without(...fields.map(([name]) => name)).withAll(fields);
}
