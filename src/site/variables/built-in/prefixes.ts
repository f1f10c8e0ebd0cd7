import type { SiteRequest } from '../../site-request.ts';
import { findArgument, findCookie, findField } from '../lookup.ts';
import type { Evaluate } from '../variable.ts';

/** Variables whose names begin alike: what follows names the one that is meant, in lower case. The longest beginning counts. */
const prefixes: Readonly<Record<string, (rest: string) => Evaluate>> = {
  arg_:
    (name) =>
    ({ args }) =>
      findArgument(args, name),
  cookie_: (name) => (request) => findCookie(findField(request.exchange.request.headers, 'cookie') ?? '', name),
  http_: (name) => (request) => findField(request.exchange.request.headers, name),
  sent_http_: (name) => (request) => sentField(request, name),
  // Known only once an answer is sent to its end, which is after the log is written.
  sent_trailer_: () => () => undefined,
  upstream_cookie_: (name) => (request) => {
    const cookies = request.attempts?.last?.reply?.headers.getAll('set-cookie') ?? [];
    const pairs = cookies.map((cookie) => cookie.split(';')[0] ?? '');
    return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
  },
  upstream_http_: (name) => (request) => {
    const reply = request.attempts?.last?.reply;
    return reply && findField(reply.headers, name);
  },
  upstream_trailer_: (name) => (request) => {
    const trailers = request.attempts?.last?.reply?.trailers?.();
    return trailers && findField(trailers, name);
  },
};

/** The variable of a name that begins with one of the prefixes. */
export function prefixedVariable(name: string): Evaluate | undefined {
  const prefix = Object.keys(prefixes).find((each) => name.startsWith(each) && name.length > each.length);
  return prefix === undefined ? undefined : prefixes[prefix]?.(name.slice(prefix.length));
}

function sentField({ reply }: SiteRequest, name: string): string | undefined {
  if (!reply) return undefined;
  const value = findField(reply.headers, name);
  if (value !== undefined || name !== 'content_length') return value;
  return reply.body instanceof Uint8Array ? String(reply.body.length) : undefined;
}
