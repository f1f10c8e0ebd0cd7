import { fieldFinder, findArgument, findCookie } from '../lookup.ts';
import type { Evaluate } from '../variable.ts';

const cookieField = fieldFinder('cookie');

/** Variables whose names begin alike: what follows names the one that is meant, in lower case. The longest beginning counts. */
const prefixes: Readonly<Record<string, (rest: string) => Evaluate>> = {
  arg_:
    (name) =>
    ({ args }) =>
      findArgument(args, name),
  cookie_: (name) => (request) => findCookie(cookieField(request.exchange.request.headers) ?? '', name),
  http_: (name) => {
    const find = fieldFinder(name);
    return (request) => find(request.exchange.request.headers);
  },
  sent_http_: sentField,
  // Known only once an answer is sent to its end, which is after the log is written.
  sent_trailer_: () => () => undefined,
  upstream_cookie_: (name) => (request) => {
    const cookies = request.attempts?.last?.reply?.headers.getAll('set-cookie') ?? [];
    const pairs = cookies.map((cookie) => cookie.split(';')[0] ?? '');
    return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
  },
  upstream_http_: (name) => {
    const find = fieldFinder(name);
    return (request) => {
      const reply = request.attempts?.last?.reply;
      return reply && find(reply.headers);
    };
  },
  upstream_trailer_: (name) => {
    const find = fieldFinder(name);
    return (request) => {
      const trailers = request.attempts?.last?.reply?.trailers?.();
      return trailers && find(trailers);
    };
  },
};

/** The variable of a name that begins with one of the prefixes. */
export function prefixedVariable(name: string): Evaluate | undefined {
  const prefix = Object.keys(prefixes).find((each) => name.startsWith(each) && name.length > each.length);
  return prefix === undefined ? undefined : prefixes[prefix]?.(name.slice(prefix.length));
}

function sentField(name: string): Evaluate {
  const find = fieldFinder(name);
  return ({ reply }) => {
    if (!reply) return undefined;
    const value = find(reply.headers);
    if (value !== undefined || name !== 'content_length') return value;
    return reply.body instanceof Uint8Array ? String(reply.body.length) : undefined;
  };
}
