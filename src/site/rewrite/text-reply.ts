import { emptyBody } from '../../core/body.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import type { SiteRequest } from '../site-request.ts';

/** By media type: there are as many as a config has types. */
const headersByType: Map<string, HeaderList> = new Map();

/** The answer of `return 200 text`: its media type is that of the path's extension, as if a file were sent. */
export function textReply(request: SiteRequest, status: number, body: Uint8Array): Reply {
  if (status === 204) return { status, headers: HeaderList.empty, body: emptyBody };
  const { types, defaultType } = request.location.settings;
  const dot = request.uri.lastIndexOf('.');
  const extension = dot > request.uri.lastIndexOf('/') + 1 ? request.uri.slice(dot + 1).toLowerCase() : '';
  const type = (extension !== '' && Object.hasOwn(types, extension) ? types[extension] : undefined) ?? defaultType;
  return { status, headers: headersOf(type), body };
}

function headersOf(type: string): HeaderList {
  let headers = headersByType.get(type);
  if (!headers) {
    headers = type === '' ? HeaderList.empty : HeaderList.of([['content-type', type]]);
    headersByType.set(type, headers);
  }
  return headers;
}
