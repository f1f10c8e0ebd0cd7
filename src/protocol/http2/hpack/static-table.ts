import { completeField, fieldOverhead, nameAt } from '../../../core/headers.ts';
import { markOf } from '../../../core/name-mark.ts';
import type { HpackField } from '../hpack-field.ts';

/** What the table counts for each entry beside its name and value (RFC 7541 §4.1). */
export const entryOverhead = 32;

/** RFC 7541 Appendix A, in its order. */
export const staticEntries: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
];

/** The index of the first entry of a dynamic table (RFC 7541 §2.3.3). */
export const firstDynamicIndex: number = staticEntries.length + 1;

/** The fields of the static table by their index; there is none at 0. */
export const staticFields: readonly (HpackField | undefined)[] = [undefined, ...staticEntries.map(staticField)];

function staticField([name, value]: readonly [name: string, value: string]): HpackField {
  const bytes = Buffer.alloc(fieldOverhead + name.length + value.length);
  bytes.write(name, nameAt, 'latin1');
  bytes.write(value, fieldOverhead + name.length, 'latin1');
  const end = completeField(bytes, 0, name.length, value.length);
  return { bytes, start: 0, end, size: name.length + value.length + entryOverhead, mark: markOf(name), kind: 0 };
}
