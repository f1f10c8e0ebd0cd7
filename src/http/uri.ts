import { ProtocolError } from '../core/errors.ts';

const special = /%|\/\/|\/\./;

/**
 * A request's path as locations see it: decoded to bytes (as latin-1), without dot segments (RFC 3986 §5.2.4), with `%2f` and `%2e` as
 * what they stand for, and with slashes in a row as one where `mergesSlashes`. Throws ProtocolError `request-target` for a path that
 * climbs above the root. `path` begins with `/` and its escapes are whole.
 */
export function decodePath(path: string, mergesSlashes: boolean): string {
  if (!special.test(path)) return path;
  const decoded = decodeEscapes(path);
  if (!/\/\/|\/\./.test(decoded)) return decoded;
  return mergesSlashes || decoded.includes('/.') ? withoutSegments(decoded, mergesSlashes) : decoded;
}

/** Percent escapes as the bytes that they stand for, in latin-1. What is no escape stays. */
export function decodeEscapes(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** A decoded path as it may stand in a URL (RFC 3986 §3.3). */
export function encodePath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g, escaped);
}

/** A decoded path with only that escaped which may not stand in a URL's path, as nginx does for upstreams. */
export function encodeUri(path: string): string {
  return path.replace(/[\x00-\x20"#%<>?\\^`{|}\x7f-\xff]/g, escaped);
}

/** Decoded text as it may stand in a query without ending its parameter: what nginx escapes there. */
export function encodeArgument(text: string): string {
  return text.replace(/[\x00-\x20#%&+;?\x7f-\xff]/g, escaped);
}

/** What may not stand in a URL, escaped, and nothing else: escapes stay what they are. */
export function encodeUnsafe(url: string): string {
  return url.replace(/[\x00-\x20"<>\\^`{|}\x7f-\xff]/g, escaped);
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
}

function withoutSegments(path: string, mergesSlashes: boolean): string {
  const kept: string[] = [];
  const segments = path.slice(1).split('/');
  const last = segments.length - 1;
  for (const [index, segment] of segments.entries()) {
    if (segment === '..') {
      if (kept.pop() === undefined) {
        throw new ProtocolError('request-target', "Cannot use the request's path: it climbs above the root");
      }
    } else if (segment !== '.' && !(segment === '' && mergesSlashes)) {
      kept.push(segment);
      continue;
    }
    // What ends with a dot segment or a slash names a folder.
    if (index === last) kept.push('');
  }
  return `/${kept.join('/')}`;
}
