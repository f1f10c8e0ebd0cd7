import { ProtocolError } from '../../core/errors.ts';
import { completeField, fieldOverhead, nameAt } from '../../core/headers.ts';
import { markOf } from '../../core/name-mark.ts';
import type { RequestSection } from '../http2/request-section.ts';
import type { Http2RequestHead } from '../http2/server-sink.ts';

/** What a field is larger than its name and value (RFC 9114 §4.2.2). */
const fieldSize = 32;

/** A request as HTTP/3 brings it. */
export interface Http3RequestHead extends Omit<Http2RequestHead, 'version'> {
  readonly version: '3';
}

/** Fields of one request by their names, pseudo-fields among them; latin-1. */
export type Http3Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Judges fields that were decoded elsewhere as those of HTTP/2 are judged: the rules are the same (RFC 9114 §4.2, §4.3). Gives what
 * the client is told in place of an answer, or undefined where they are malformed (§4.1.2).
 */
export function readHttp3Head(
  section: RequestSection,
  fields: Http3Fields,
  maxFieldSize: number,
): Http3RequestHead | ProtocolError | undefined {
  section.begin();
  let size = 0;
  for (const [name, values] of Object.entries(fields)) {
    for (const value of typeof values === 'string' ? [values] : (values ?? [])) {
      size += name.length + value.length + fieldSize;
      if (name.length + value.length > maxFieldSize) section.tooLarge();
      else takeField(section, name, value);
    }
  }
  const outcome = section.take(size, false);
  if (!outcome || outcome instanceof ProtocolError) return outcome;
  return { ...outcome, version: '3' };
}

function takeField(section: RequestSection, name: string, value: string): void {
  const bytes = Buffer.allocUnsafe(fieldOverhead + name.length + value.length);
  bytes.write(name, nameAt, 'latin1');
  bytes.write(value, nameAt + name.length + 5, 'latin1');
  const end = completeField(bytes, 0, name.length, value.length);
  const size = name.length + value.length + fieldSize;
  section.field({ bytes, start: 0, end, size, mark: markOf(name), kind: 0 });
}
