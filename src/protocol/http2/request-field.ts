import { nameAt, nameEnd, TOKEN, VALUE } from '../../core/headers.ts';
import { isForwardedName } from '../../http/forwarded-name.ts';
import { HTAB, matches, SP } from '../http1/ascii.ts';
import { isAuthority } from '../http1/host.ts';
import { TARGET } from '../http1/request-line.ts';
import { parsePriority } from './priority.ts';

/** What a field of a request is: found out once for each field that a table keeps, see HpackField.kind. */
export const RequestField = {
  regular: 1,
  host: 2,
  cookie: 3,
  contentLength: 4,
  expectContinue: 5,
  /** An `expect` that nobody knows. */
  expectUnknown: 6,
  priority: 7,
  /** A `host` that is none. */
  badHost: 8,
  /** From here on they are no fields of the list. */
  method: 9,
  /** One that we speak. */
  scheme: 10,
  authority: 11,
  badAuthority: 12,
  path: 13,
  /** Its characters are those of a field's value, but not those of a path. */
  badPath: 14,
  protocol: 15,
  /** A scheme that we do not speak. */
  badScheme: 16,
  /** Malformed: a name or a value that no field has (RFC 9113 §8.2.1), or a pseudo-field that no request has (§8.3). */
  invalid: 17,
  /** Malformed: it tells of a connection (RFC 9113 §8.2.2). */
  connection: 18,
} as const;

/** The bits of a kind that are one of {@link RequestField}; the others are flags. */
export const fieldMask = 0x1f;
/** See isForwardedName. */
export const forwardedFlag = 0x20;
/** There is an underscore in its name. */
export const underscoreFlag = 0x40;
/** Above it: the priority that a `priority` field says. */
export const priorityShift = 8;

const COLON = 58;
const UNDERSCORE = 95;

const {
  regular,
  host,
  cookie,
  contentLength,
  expectContinue,
  expectUnknown,
  priority,
  badHost,
  method,
  scheme,
  authority,
  badAuthority,
  path,
  badPath,
  protocol,
  badScheme,
  invalid,
  connection,
} = RequestField;

/** What the field at `start` is, which is in the form of a HeaderList and ends at `end`. Never 0. */
export function requestFieldKind(bytes: Buffer, start: number, end: number): number {
  const name = start + nameAt;
  const afterName = nameEnd(bytes, start);
  const value = afterName + 5;
  if (!isValue(bytes, value, end)) return invalid;
  if (bytes[name] === COLON) return pseudoKind(bytes, name, afterName, value, end);
  if (name === afterName) return invalid;
  let flags = 0;
  for (let at = name; at < afterName; at++) {
    const code = bytes[at] as number;
    if (TOKEN[code] !== code || code === 0) return invalid;
    if (code === UNDERSCORE) flags = underscoreFlag;
  }
  if (isForwardedName(bytes, name, afterName)) flags |= forwardedFlag;
  return flags | regularKind(bytes, name, afterName - name, value, end);
}

/** RFC 9113 §8.2.1, and without the other characters that no value holds (RFC 9110 §5.5). */
function isValue(bytes: Buffer, value: number, end: number): boolean {
  if (value === end) return true;
  const first = bytes[value];
  const last = bytes[end - 1];
  if (first === SP || first === HTAB || last === SP || last === HTAB) return false;
  for (let at = value; at < end; at++) if (VALUE[bytes[at] as number] === 0) return false;
  return true;
}

function pseudoKind(bytes: Buffer, name: number, afterName: number, value: number, end: number): number {
  switch (afterName - name) {
    case 5:
      if (!matches(bytes, name, ':path') || value === end) return invalid;
      for (let at = value; at < end; at++) if (TARGET[bytes[at] as number] === 0) return badPath;
      return path;
    case 7:
      if (matches(bytes, name, ':method')) return isToken(bytes, value, end) ? method : invalid;
      return matches(bytes, name, ':scheme') ? schemeKind(bytes, value, end) : invalid;
    case 9:
      return matches(bytes, name, ':protocol') && isToken(bytes, value, end) ? protocol : invalid;
    case 10:
      if (!matches(bytes, name, ':authority')) return invalid;
      return isAuthority(bytes, value, end) ? authority : badAuthority;
    default:
      return invalid;
  }
}

function regularKind(bytes: Buffer, name: number, length: number, value: number, end: number): number {
  switch (length) {
    case 2:
      // RFC 9113 §8.2.2
      if (matches(bytes, name, 'te') && !isText(bytes, value, end, 'trailers')) return connection;
      break;
    case 4:
      if (matches(bytes, name, 'host')) return isAuthority(bytes, value, end) ? host : badHost;
      break;
    case 6:
      if (matches(bytes, name, 'cookie')) return cookie;
      if (matches(bytes, name, 'expect')) return isContinue(bytes, value, end) ? expectContinue : expectUnknown;
      break;
    case 7:
      if (matches(bytes, name, 'upgrade')) return connection;
      break;
    case 8:
      if (matches(bytes, name, 'priority')) {
        return priority | (parsePriority(bytes.toString('latin1', value, end)) << priorityShift);
      }
      break;
    case 10:
      if (matches(bytes, name, 'connection') || matches(bytes, name, 'keep-alive')) return connection;
      break;
    case 14:
      if (matches(bytes, name, 'content-length')) return contentLength;
      break;
    case 16:
      if (matches(bytes, name, 'proxy-connection')) return connection;
      break;
    case 17:
      if (matches(bytes, name, 'transfer-encoding')) return connection;
      break;
  }
  return regular;
}

/** In any case (RFC 9110 §4.2.3). Which of them it is says nothing of this connection: who ends TLS in front of us, or begins it anew, may leave the client's. */
function schemeKind(bytes: Buffer, start: number, end: number): number {
  switch (bytes.toString('latin1', start, end).toLowerCase()) {
    case 'http':
    case 'https':
      return scheme;
    case '':
      return invalid;
    default:
      return badScheme;
  }
}

function isToken(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (TOKEN[bytes[at] as number] === 0) return false;
  return end > start;
}

function isText(bytes: Buffer, start: number, end: number, text: string): boolean {
  return end - start === text.length && matches(bytes, start, text);
}

function isContinue(bytes: Buffer, start: number, end: number): boolean {
  return bytes.toString('latin1', start, end).toLowerCase() === '100-continue';
}
