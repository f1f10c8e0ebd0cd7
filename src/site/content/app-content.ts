import type { Body } from '../../core/body.ts';
import { emptyBody } from '../../core/body.ts';
import type { Exchange, RequestHead } from '../../core/exchange.ts';
import { encodePath, encodeUnsafe } from '../../http/uri.ts';
import { statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Content } from '../steps.ts';
import { limitedBody } from './body-limit.ts';
import { ChangedExchange } from './changed-exchange.ts';

/**
 * Has an app answer. It sees the request as rewrites have made it. A body that streams is for one app: where that has failed, or has sent the
 * request on, no other app gets what is left of it. A wrong WebSocket handshake does not come to it.
 */
export function createAppContent(app: string): Content {
  return (request) => {
    const { handshakeRefusal } = request.exchange;
    if (handshakeRefusal) return handshakeRefusal;
    const exchange = exchangeForApp(request);
    if (!(exchange.body instanceof Uint8Array)) {
      if (request.isBodySent) {
        request.log('error', `the body of the request went to an app already, "${app}" cannot have it`);
        return statusOutcome(request.failedStatus ?? 502);
      }
      request.isBodySent = true;
    }
    return request.services.app(app, exchange, request.main);
  };
}

function exchangeForApp(request: SiteRequest): Exchange {
  const { exchange } = request;
  const body = request.method === exchange.request.method ? limitedBody(request) : emptyBody;
  if (body === exchange.body && !request.isRewritten) return exchange;
  return new ChangedExchange(exchange, headForApp(request, body), body);
}

function headForApp(request: SiteRequest, body: Body): RequestHead {
  const head = request.exchange.request;
  if (!request.isRewritten && request.method === head.method) return head;
  const path = encodePath(request.uri);
  const query = encodeUnsafe(request.args);
  const hasBody = body === request.exchange.body;
  return {
    ...head,
    method: request.method,
    target: query === '' ? path : `${path}?${query}`,
    path,
    query,
    normalizedPath: path,
    headers: hasBody ? head.headers : head.headers.without('content-length', 'transfer-encoding'),
  };
}
