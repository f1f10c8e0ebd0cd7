import type { RequestHead } from '../../../core/exchange.ts';
import { plainHost } from '../../routing/server-names.ts';
import type { SiteRequest } from '../../site-request.ts';
import type { BuiltIns } from './built-in.ts';

/** What the client asks for. */
export const requestVariables: BuiltIns = {
  galley_alt_svc: ({ exchange: { connection, request }, server }) =>
    connection.tls && request.version !== '3' ? server.altSvc : '',
  args: ({ args }) => args || undefined,
  content_length: contentLength,
  content_type: (request) => request.header('content-type'),
  document_uri: ({ uri }) => uri,
  host: (request) => plainHost(request.header('host') ?? '') || request.server.name,
  http2: ({ exchange: { connection, request } }) => (request.version !== '2' ? '' : connection.tls ? 'h2' : 'h2c'),
  http3: ({ exchange }) => (exchange.request.version === '3' ? 'h3' : ''),
  is_args: ({ args }) => (args === '' ? '' : '?'),
  query_string: ({ args }) => args || undefined,
  remote_user: remoteUser,
  request: requestLine,
  request_body: ({ exchange: { body } }) => {
    return body instanceof Uint8Array && body.length > 0 ? Buffer.from(body).toString('latin1') : undefined;
  },
  // A body is never put into a file.
  request_body_file: () => undefined,
  request_length: ({ exchange }) => String(exchange.requestLength ?? 0),
  request_method: ({ method }) => method,
  request_uri: ({ exchange }) => exchange.request.target,
  server_name: ({ server }) => server.name,
  uri: ({ uri }) => uri,
};

/** Of a chunked body it is known when it is at hand. */
function contentLength(request: SiteRequest): string | undefined {
  const { body } = request.exchange;
  const told = request.header('content-length');
  return told ?? (body instanceof Uint8Array && body.length > 0 ? String(body.length) : undefined);
}

function requestLine({ exchange: { request } }: SiteRequest): string {
  return request.line ?? `${request.method} ${request.target} ${protocols[request.version]}`;
}

/** nginx's names, by HTTP version. */
export const protocols: Readonly<Record<RequestHead['version'], string>> = {
  '1.0': 'HTTP/1.0',
  '1.1': 'HTTP/1.1',
  '2': 'HTTP/2.0',
  '3': 'HTTP/3.0',
};

const basic = /^basic +([A-Za-z\d+/]+)=* *$/i;

/** The user that the Authorization field names, whoever checks it (RFC 7617 §2). */
export function remoteUser(request: SiteRequest): string | undefined {
  const [, encoded] = basic.exec(request.header('authorization') ?? '') ?? [];
  if (encoded === undefined) return undefined;
  if (encoded.length % 4 === 1) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  return colon > 0 ? text.slice(0, colon) : undefined;
}
