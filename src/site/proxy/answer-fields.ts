import { HeaderList } from '../../core/headers.ts';
import { NameSet } from '../../core/name-set.ts';
import { encodeUnsafe } from '../../http/uri.ts';
import type { Settings } from '../../plan/settings.ts';
import type { UpstreamReply } from '../../upstream/upstream-request.ts';
import { locationField } from '../redirect-location.ts';
import type { SiteRequest } from '../site-request.ts';
import type { ChangeCookie } from './cookies.ts';
import type { ChangeRedirect } from './redirects.ts';
import { viaOf } from './request-fields.ts';

/** What clients do not get of a peer's answer unless the config says so, as in nginx; what begins with `x-accel-` is taken later. */
const usuallyHidden = ['date', 'server', 'x-pad'];

/** Makes the fields for the client of those of a peer. */
export type AnswerFields = (request: SiteRequest, answer: UpstreamReply) => HeaderList;

/** What a cache looks at. It gets these as they came, though clients may not. */
const heededByCaches = [
  'cache-control',
  'expires',
  'set-cookie',
  'vary',
  'etag',
  'last-modified',
  'x-accel-expires',
  'x-accel-buffering',
  'surrogate-key',
  'cache-tag',
];

/** nginx's rules know none of these. */
const heededByRfcCaches = [...heededByCaches, 'cdn-cache-control', 'date', 'age'];

/** How the fields of a peer become those for the client. */
export interface AnswerChanges {
  /** For the cache of the location; for the client where there is none. */
  readonly taken: AnswerFields;
  /** Of what the cache gives, for one client; undefined where nothing is left to do. */
  readonly given: ((request: SiteRequest, headers: HeaderList) => HeaderList) | undefined;
}

/** `changeRedirect` and `changeCookie`: undefined where nothing is changed. */
export function compileAnswerFields(
  { proxy, cache }: Pick<Settings, 'proxy' | 'cache'>,
  changeRedirect: ChangeRedirect | undefined,
  changeCookie: ChangeCookie | undefined,
): AnswerChanges {
  const { passedFields, ignoredFields, via } = proxy;
  const isPassed = new Set(passedFields);
  const hidden = [...usuallyHidden, ...proxy.hiddenFields].filter((name) => !isPassed.has(name));
  // What is ignored of these would only be hidden.
  const ignored = ignoredFields.filter((name) => name.startsWith('x-accel-') && !isPassed.has(name));
  const heeded = new Set(!cache ? [] : cache.rules === 'rfc' ? heededByRfcCaches : heededByCaches);
  const isLate = (name: string): boolean => heeded.has(name) && !ignored.includes(name);
  const dropped = new NameSet([...hidden.filter((name) => !isLate(name)), ...ignored]);
  const late = hidden.filter(isLate);
  const droppedLate = new NameSet(late);
  const change = (request: SiteRequest, headers: HeaderList): HeaderList => {
    const redirected = changeRedirect ? withRedirect(request, headers, changeRedirect) : headers;
    if (!changeCookie || !redirected.has('set-cookie')) return redirected;
    return withCookies(request, redirected, changeCookie);
  };
  const viaUs = (headers: HeaderList, { version }: UpstreamReply): HeaderList =>
    via ? headers.replaced('via', viaOf(headers, version)) : headers;
  if (!cache) {
    const taken: AnswerFields = (request, answer) => viaUs(change(request, answer.headers.withoutAny(dropped)), answer);
    return { taken, given: undefined };
  }
  const changes = changeRedirect !== undefined || changeCookie !== undefined || late.length > 0;
  return {
    taken: (_, answer) => viaUs(answer.headers.withoutAny(dropped), answer),
    given: changes ? (request, headers) => change(request, headers.withoutAny(droppedLate)) : undefined,
  };
}

const refreshUrl = /^([^;]*;\s*url\s*=\s*)(.*)$/is;

function withRedirect(request: SiteRequest, headers: HeaderList, change: ChangeRedirect): HeaderList {
  const location = headers.get('location');
  const changed = location === undefined ? undefined : change(request, location);
  const made = changed === undefined ? headers : headers.replaced('location', locationField(request, changed));
  const refresh = made.get('refresh');
  if (refresh === undefined) return made;
  const parts = refreshUrl.exec(refresh);
  const url = parts?.[2] === undefined ? undefined : change(request, parts[2]);
  return url === undefined ? made : made.replaced('refresh', `${parts?.[1]}${encodeUnsafe(url)}`);
}

function withCookies(request: SiteRequest, headers: HeaderList, change: ChangeCookie): HeaderList {
  return HeaderList.of(
    [...headers].map(([name, value]) => [name, name === 'set-cookie' ? change(request, value) : value]),
  );
}
