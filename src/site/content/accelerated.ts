import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import { decodeEscapes, decodePath } from '../../http/uri.ts';
import { type InternalRedirect, type StatusOutcome, statusOutcome } from '../outcome.ts';
import { withoutAcceleratedFields } from '../reply/accelerated-fields.ts';
import { cancelReply } from '../reply/content-change.ts';
import { mediaType } from '../reply/media-types.ts';
import type { SiteRequest } from '../site-request.ts';

/** The fields of an app's answer that stay when something else is sent in its place, as in nginx. */
const kept: ReadonlySet<string> = new Set([
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-type',
  'expires',
  'set-cookie',
]);

/** What no path may have after its escapes are decoded: nginx's "unsafe URI". */
const unsafe = /^[^/]|^$|\0|\/\.\.(?:\/|$)/;

/** Where an app sends its client without the client knowing: `X-Accel-Redirect`. Its other fields are kept in the request. */
export function accelerated(request: SiteRequest, reply: Reply): InternalRedirect | StatusOutcome | undefined {
  const target = reply.headers.get('x-accel-redirect');
  if (target === undefined) return undefined;
  cancelReply(reply);
  const headers = withAcceleratedFields(request, withoutAcceleratedFields(request, reply.headers), 200);
  request.acceleratedFields = [...headers].filter(([name]) => kept.has(name));
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

/**
 * The fields of an answer, with those that the app wanted in place of its own. Cookies are of both, what another app says of its answer
 * is its own, and failures are not what was wanted.
 */
export function withAcceleratedFields(request: SiteRequest, headers: HeaderList, status: number): HeaderList {
  const fields = request.acceleratedFields;
  if (!fields || fields.length === 0) return headers;
  const { kind } = request.location.settings.content;
  const isApp = kind === 'app' || kind === 'proxy';
  const isWanted = (name: string): boolean =>
    status < 400 && !(isApp && headers.has(name)) && (name !== 'content-type' || hasContentOfType(headers, status));
  const wanted = fields.filter(([name]) => name === 'set-cookie' || isWanted(name));
  const replaced = wanted.map(([name]) => name).filter((name) => name !== 'set-cookie');
  return HeaderList.of(wanted).withAll(headers.without(...replaced));
}

/** Whether there is content that a media type can be said of: that of several ranges has the boundary in its own. */
function hasContentOfType(headers: HeaderList, status: number): boolean {
  if (status === 204 || status === 304) return false;
  return status !== 206 || mediaType(headers.get('content-type') ?? '') !== 'multipart/byteranges';
}

/** Where it failed, its cookies alone go with the page of the failure. */
export function dropAcceleratedFields(request: SiteRequest): void {
  request.acceleratedFields = request.acceleratedFields?.filter(([name]) => name === 'set-cookie');
}
