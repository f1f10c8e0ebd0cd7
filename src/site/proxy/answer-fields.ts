import { HeaderList } from '../../core/headers.ts';
import { NameSet } from '../../core/name-set.ts';
import { encodeUnsafe } from '../../http/uri.ts';
import type { UpstreamReply } from '../../upstream/upstream-request.ts';
import type { ProxySettings } from '../plan/proxy-plan.ts';
import { locationField } from '../redirect-location.ts';
import type { SiteRequest } from '../site-request.ts';
import type { ChangeCookie } from './cookies.ts';
import type { ChangeRedirect } from './redirects.ts';
import { viaOf } from './request-fields.ts';

/** What clients do not get of a peer's answer unless the config says so, as in nginx; what begins with `x-accel-` is taken later. */
const usuallyHidden = ['date', 'server', 'x-pad'];

/** Makes the fields for the client of those of a peer. */
export type AnswerFields = (request: SiteRequest, answer: UpstreamReply) => HeaderList;

/** `changeRedirect` and `changeCookie`: undefined where nothing is changed. */
export function compileAnswerFields(
  settings: ProxySettings,
  changeRedirect: ChangeRedirect | undefined,
  changeCookie: ChangeCookie | undefined,
): AnswerFields {
  const { passedFields, ignoredFields, via } = settings;
  const isPassed = new Set(passedFields);
  const hidden = [...usuallyHidden, ...settings.hiddenFields].filter((name) => !isPassed.has(name));
  // What is ignored of these would only be hidden.
  const ignored = ignoredFields.filter((name) => name.startsWith('x-accel-') && !isPassed.has(name));
  const dropped = new NameSet([...hidden, ...ignored]);
  return (request, answer) => {
    let headers = answer.headers.withoutAny(dropped);
    if (changeRedirect) headers = withRedirect(request, headers, changeRedirect);
    if (changeCookie && headers.has('set-cookie')) headers = withCookies(request, headers, changeCookie);
    return via ? headers.replaced('via', viaOf(headers, answer.version)) : headers;
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
