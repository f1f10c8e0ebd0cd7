import { PeerError } from '../../core/errors.ts';
import { endOfField, type HeaderList, nameAt, nameEnd, valueStart } from '../../core/headers.ts';
import { matches } from './ascii.ts';

/** What an answer's encoder does about a field: `connection` ones are always ours to write. */
export type ResponseFieldKind = 'other' | 'connection' | 'upgrade' | 'length' | 'trailer' | 'date' | 'server';

const kinds: ReadonlyMap<string, ResponseFieldKind> = new Map([
  ['connection', 'connection'],
  ['keep-alive', 'connection'],
  ['proxy-connection', 'connection'],
  ['transfer-encoding', 'connection'],
  ['upgrade', 'upgrade'],
  ['content-length', 'length'],
  ['trailer', 'trailer'],
  ['date', 'date'],
  ['server', 'server'],
]);

const byLength: [name: string, kind: ResponseFieldKind][][] = [];
for (const entry of kinds) {
  const length = entry[0].length;
  byLength[length] = [...(byLength[length] ?? []), entry];
}

/** The kind of the field with the lower-case name `bytes[start, end)`. */
export function responseFieldKind(bytes: Uint8Array, start: number, end: number): ResponseFieldKind {
  const candidates = byLength[end - start];
  if (candidates) for (const [name, kind] of candidates) if (matches(bytes, start, name)) return kind;
  return 'other';
}

/** Whether a field tells of the connection or of content, so that it has no place in an interim answer. */
export function isFinalOnly(name: string): boolean {
  const kind = kinds.get(name);
  return kind === 'connection' || kind === 'upgrade' || kind === 'length' || kind === 'trailer';
}

/**
 * An answer's content-length, in bytes. Throws PeerError `app-response-invalid` where it is no whole number that can be
 * counted, or comes twice (RFC 9110 §8.6).
 */
export function declaredLength(headers: HeaderList): number | undefined {
  const { bytes, end } = headers;
  let declared: number | undefined;
  for (let at = headers.start; at < end; ) {
    const name = at + nameAt;
    const isLength = nameEnd(bytes, at) - name === 14 && matches(bytes, name, 'content-length');
    const value = valueStart(bytes, at);
    at = endOfField(bytes, at);
    if (!isLength) continue;
    if (declared !== undefined) throw invalidLength(bytes, value, at);
    declared = wholeNumber(bytes, value, at);
    if (declared === undefined) throw invalidLength(bytes, value, at);
  }
  return declared;
}

/** The decimal number that `bytes[start, end)` is, if it is one that can be counted. */
function wholeNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return end > start && number <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

function invalidLength(bytes: Buffer, start: number, end: number): PeerError {
  const text = bytes.toString('latin1', start, end);
  return new PeerError('app-response-invalid', `Cannot send the app's answer: its content-length ${text} is not valid`);
}
