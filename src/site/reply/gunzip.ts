import { createGunzip as createGunzipStream } from 'node:zlib';
import { encodingWeight } from '../../http/accept-encoding.ts';
import type { ReplyFilter } from '../steps.ts';
import { changedContent, hasWholeContent, variesByEncoding } from './content-change.ts';
import { declaredBody } from './declared-body.ts';
import { PipedBody } from './piped-body.ts';
import { asStream } from './transformed-body.ts';

/** nginx's `gunzip`: unpacks gzip for clients that do not take it, and tells caches that it depends on them. */
export function createGunzip(isOn: boolean): ReplyFilter | undefined {
  if (!isOn) return undefined;
  return (request, reply) => {
    const { headers } = reply;
    if (headers.get('content-encoding')?.toLowerCase() !== 'gzip' || !hasWholeContent(request.method, reply))
      return reply;
    const varied = variesByEncoding(headers);
    // What is put into another answer must be text.
    const takesGzip = !request.parent && encodingWeight(request.header('accept-encoding'), 'gzip') > 0;
    if (takesGzip) return varied === headers ? reply : { ...reply, headers: varied };
    const fields = changedContent(varied).without('content-encoding');
    if (request.method === 'HEAD') return { ...reply, headers: fields };
    return { ...reply, headers: fields, body: new PipedBody(asStream(declaredBody(reply)), createGunzipStream) };
  };
}
