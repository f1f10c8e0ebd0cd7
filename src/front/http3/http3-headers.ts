import { endOfField, type HeaderList, nameAt, nameEnd } from '../../core/headers.ts';
import { isFinalOnly, responseFieldKind } from '../../protocol/http1/response-field.ts';
import { forbiddenTrailers } from '../../protocol/http1/trailers.ts';

/** Fields as `node:quic` takes them, latin-1. */
export type QuicFields = Record<string, string | string[]>;

/** A final answer's head, without the fields that tell of a connection (RFC 9114 §4.2). `contentLength` stands in for what the headers say. */
export function answerFields(
  status: number,
  headers: HeaderList,
  fixed: { readonly date: string; readonly server: string; readonly contentLength: number | undefined },
  isEnd: boolean,
): QuicFields {
  const { contentLength } = fixed;
  const keepsLength = isEnd && contentLength === undefined && status !== 204;
  const fields: QuicFields = { ':status': String(status) };
  const { bytes, start } = headers;
  let at = start;
  for (const [name, value] of headers) {
    const kind = responseFieldKind(bytes, at + nameAt, nameEnd(bytes, at));
    at = endOfField(bytes, at);
    if (kind === 'connection' || kind === 'upgrade' || (kind === 'length' && !keepsLength)) continue;
    add(fields, name, value);
  }
  fields['date'] ??= fixed.date;
  fields['server'] ??= fixed.server;
  if (contentLength !== undefined) fields['content-length'] = String(contentLength);
  return fields;
}

/** An interim answer (RFC 9110 §15.2). */
export function interimFields(status: number, headers: HeaderList): QuicFields {
  const fields: QuicFields = { ':status': String(status) };
  for (const [name, value] of headers) if (!isFinalOnly(name)) add(fields, name, value);
  return fields;
}

/** Trailers that may stand there (RFC 9110 §6.5.1); undefined where there are none. */
export function trailerFields(headers: HeaderList): QuicFields | undefined {
  const fields: QuicFields = {};
  for (const [name, value] of headers) if (!forbiddenTrailers.has(name)) add(fields, name, value);
  return Object.keys(fields).length > 0 ? fields : undefined;
}

function add(fields: QuicFields, name: string, value: string): void {
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (typeof before === 'string') fields[name] = [before, value];
  else before.push(value);
}
