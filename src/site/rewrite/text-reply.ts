import { emptyBody } from '../../core/body.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import type { SiteRequest } from '../site-request.ts';

/** By media type: there are as many as a config has types. */
const headersByType: Map<string, HeaderList> = new Map();

/** The answer of `return 200 text`. Without a `type` its media type is that of the path's extension, as if a file were sent. */
export function textReply(request: SiteRequest, status: number, body: Uint8Array, type?: string): Reply {
  if (status === 204) return { status, headers: HeaderList.empty, body: emptyBody };
  return { status, headers: headersOf(type ?? typeOf(request)), body };
}

function typeOf(request: SiteRequest): string {
  const { types, defaultType } = request.location.settings;
  const dot = request.uri.lastIndexOf('.');
  const extension = dot > request.uri.lastIndexOf('/') + 1 ? request.uri.slice(dot + 1).toLowerCase() : '';
  return (extension !== '' && Object.hasOwn(types, extension) ? types[extension] : undefined) ?? defaultType;
}

function headersOf(type: string): HeaderList {
  let headers = headersByType.get(type);
  if (!headers) {
    headers = type === '' ? HeaderList.empty : HeaderList.of([['content-type', type]]);
    headersByType.set(type, headers);
  }
  return headers;
}
