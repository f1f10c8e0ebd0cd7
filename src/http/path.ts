import { ProtocolError } from '../core/errors.ts';

const brokenEscape = /%(?![0-9a-f]{2})/i;
const dotSegment = /(?:\/|%2f)(?:\.|%2e){1,2}(?=\/|%2f|$)/i;
const segments = /(\/|%2f)((?:(?!%2f)[^/])*)/gi;
const oneDot = /^(?:\.|%2e)$/i;
const twoDots = /^(?:\.|%2e){2}$/i;

/**
 * Removes the dot segments of an absolute path (RFC 3986 §5.2.4), percent-encoded in and out. `%2e` counts as a dot and
 * `%2f` as a separator, since that is what they are for whoever decodes the path; all other bytes are left as they are,
 * so that decoding the result, which begins with `/`, gives the normalised decoded path. Returns the very same string
 * where nothing changes. Throws ProtocolError `request-target` for a path that climbs above the root, for `%00` and for
 * a broken escape.
 */
export function normalizePath(path: string): string {
  const escaped = path.includes('%');
  if (!escaped && !path.includes('/.')) return path;
  if (escaped && brokenEscape.test(path)) throw refusal('a percent sign is not followed by two hexadecimal digits');
  if (escaped && path.includes('%00')) throw refusal('it holds %00');
  return dotSegment.test(path) ? withoutDotSegments(path) : path;
}

function withoutDotSegments(path: string): string {
  const kept: string[] = [];
  for (const { 0: piece, 1: separator = '', 2: segment = '', index } of path.matchAll(segments)) {
    const climbs = twoDots.test(segment);
    if (!climbs && !oneDot.test(segment)) {
      kept.push(piece);
      continue;
    }
    if (climbs && kept.pop() === undefined) throw refusal('it climbs above the root');
    if (index + piece.length === path.length) kept.push(separator);
  }
  return kept.join('').replace(/^%2f/i, '/');
}

function refusal(reason: string): ProtocolError {
  return new ProtocolError('request-target', `Cannot use the request's path: ${reason}`);
}
