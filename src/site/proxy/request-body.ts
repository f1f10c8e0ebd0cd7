import { type Body, emptyBody } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { ProxySettings } from '../../plan/proxy-plan.ts';
import type { UpstreamRequest } from '../../upstream/upstream-request.ts';
import { limitedBody } from '../content/body-limit.ts';
import type { SiteRequest } from '../site-request.ts';
import { gatherBody } from './gathered-body.ts';

/** A request's body as a peer gets it. */
export interface RequestBody {
  readonly body: Body;
  readonly length: UpstreamRequest['bodyLength'];
  /** It comes from the client as it is read. */
  readonly isStreamed: boolean;
  /** Whether it can be sent from its beginning by now. */
  isReplayable(): boolean;
}

const always = (): boolean => true;
const noBody: RequestBody = { body: emptyBody, length: undefined, isStreamed: false, isReplayable: always };

/** The body that the client sends: as it comes, or complete where the settings want that, or where HTTP/1.0 needs its length. */
export function requestBody(
  request: SiteRequest,
  settings: ProxySettings,
  httpVersion: ProxySettings['httpVersion'],
): RequestBody | Promise<RequestBody> {
  const { exchange } = request;
  if (!settings.passesBody || request.method !== exchange.request.method) return noBody;
  const told = request.header('content-length');
  const body = limitedBody(request);
  if (body instanceof Uint8Array) {
    // The length of a body that is there and empty is told (RFC 9110 §8.6).
    const isTrailed =
      (exchange.trailers?.count ?? 0) > 0 &&
      httpVersion !== '1.0' &&
      settings.passesTrailers &&
      !settings.buffersRequest;
    if (isTrailed) return { body, length: 'chunked', isStreamed: false, isReplayable: always };
    const hasBody = body.length > 0 || told !== undefined || request.header('transfer-encoding') !== undefined;
    return hasBody ? { body, length: body.length, isStreamed: false, isReplayable: always } : noBody;
  }
  if (settings.buffersRequest || (told === undefined && httpVersion === '1.0'))
    return gathered(request, body, settings);
  return streamed(body, told);
}

async function gathered(
  request: SiteRequest,
  source: AsyncIterable<Uint8Array>,
  { requestBufferSize, tempFolder }: ProxySettings,
): Promise<RequestBody> {
  const { body, length, close } = await gatherBody(source, requestBufferSize, tempFolder).catch((error: unknown) => {
    if (error instanceof PeerError) throw error;
    // The disk is full, or what is like that (http.md 276).
    const message = `Cannot keep the body of the request in a file: ${error instanceof Error ? error.message : error}`;
    request.log('error', message);
    throw new PeerError('internal-error', message);
  });
  request.main.onDone(close);
  return { body, length, isStreamed: false, isReplayable: always };
}

/** It can be sent to another peer as long as nobody has read of it. */
function streamed(source: AsyncIterable<Uint8Array>, told: string | undefined): RequestBody {
  let isBegun = false;
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]() {
      isBegun = true;
      return source[Symbol.asyncIterator]();
    },
  };
  const length = told === undefined ? 'chunked' : Number(told);
  return { body, length, isStreamed: true, isReplayable: () => !isBegun };
}
