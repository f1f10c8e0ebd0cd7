import { emptyBody } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import type { SubrequestKind } from './services.ts';

/** What a subrequest is made with: the client's request, but for its method and its body. */
export function subrequestExchange(exchange: Exchange, as: SubrequestKind | undefined): Exchange {
  const { request, connection } = exchange;
  const hasBody = as !== undefined && as.body.length > 0;
  const headers = hasBody ? request.headers : request.headers.without('content-length', 'transfer-encoding');
  return {
    id: exchange.id,
    connection,
    request: { ...request, method: as?.method ?? 'GET', headers },
    body: as?.body ?? emptyBody,
    expectsContinue: false,
    isWebSocket: false,
    queueMs: 0,
    observer: undefined,
    inform: () => {},
    onAbort: (listener) => exchange.onAbort(listener),
  };
}
