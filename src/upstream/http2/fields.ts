import type { OutgoingHttpHeaders } from 'node:http2';
import { PeerError } from '../../core/errors.ts';
import { HeaderList } from '../../core/headers.ts';
import { forbiddenTrailers } from '../../protocol/http1/trailers.ts';
import type { UpstreamRequest } from '../upstream-request.ts';

/** Fields that are about a connection, which HTTP/2 does not have (RFC 9113 §8.2.2); `host` is `:authority` there. */
const left: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Around a name and a value, as in HTTP/1: a colon, a space, an end of line. */
const fieldExtra = 4;

const methods = /^(?!CONNECT$)[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
const targets = /^[\x21-\x7e\x80-\xff]+$/;
const authorities = /^[!$%&'()*+,\-.\d:;=@A-Z[\]_a-z~]*$/;

/**
 * Throws PeerError `internal-error` for a method, target or host that a peer would refuse as malformed (RFC 9113 §8.3.1): they may be made of
 * what clients send.
 */
export function checkRequest({ method, target, headers }: UpstreamRequest): void {
  const isFit = methods.test(method) && targets.test(target) && authorities.test(headers.get('host') ?? '');
  if (!isFit) throw new PeerError('internal-error', 'its method, target or host is none of HTTP/2');
}

/** The fields of a request, pseudo-fields first (RFC 9113 §8.3.1). */
export function requestFields(request: UpstreamRequest, scheme: 'http' | 'https'): OutgoingHttpHeaders {
  const { method, target, headers, bodyLength, takesTrailers, expectsContinue } = request;
  const fields: Record<string, string | string[]> = Object.create(null);
  fields[':method'] = method;
  const authority = headers.get('host');
  if (authority !== undefined) fields[':authority'] = authority;
  fields[':scheme'] = scheme;
  fields[':path'] = target;
  for (const [name, value] of headers) {
    if (left.has(name)) continue;
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (typeof before === 'string') fields[name] = [before, value];
    else before.push(value);
  }
  if (typeof bodyLength === 'number') fields['content-length'] = String(bodyLength);
  if (expectsContinue) fields['expect'] = '100-continue';
  if (takesTrailers) fields['te'] = 'trailers';
  return fields;
}

/** The trailers of a request, without what may not stand there (RFC 9110 §6.5.1). */
export function trailerFields(trailers: HeaderList): OutgoingHttpHeaders {
  const fields: Record<string, string[]> = Object.create(null);
  for (const [name, value] of trailers) {
    if (left.has(name) || forbiddenTrailers.has(name)) continue;
    fields[name] = [...(fields[name] ?? []), value];
  }
  return fields;
}

/** About how many bytes a request's head has. */
export function requestSize({ method, target, headers }: UpstreamRequest): number {
  return method.length + target.length + headers.end - headers.start;
}

/** What came as names and values one after the other. */
export interface ReceivedFields {
  readonly headers: HeaderList;
  /** In bytes, as it would be in HTTP/1. */
  readonly size: number;
}

/** Without pseudo-fields and those of a connection. Throws InvalidHeader. */
export function receivedFields(raw: readonly string[]): ReceivedFields {
  const fields: [string, string][] = [];
  let size = 0;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] as string;
    const value = raw[index + 1] as string;
    size += name.length + value.length + fieldExtra;
    if (name.startsWith(':') || left.has(name)) continue;
    fields.push([name, value]);
  }
  return { headers: HeaderList.of(fields), size };
}
