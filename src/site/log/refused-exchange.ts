import { emptyBody } from '../../core/body.ts';
import type { ConnectionFacts, Exchange } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';

/** Stands for the exchange of a request that was refused before its head was complete, so that it can be logged. */
export function refusedExchange(connection: ConnectionFacts): Exchange {
  return {
    id: '',
    connection,
    request: {
      method: '',
      target: '',
      path: '',
      query: '',
      normalizedPath: '',
      version: '1.1',
      headers: HeaderList.empty,
      line: '',
    },
    body: emptyBody,
    expectsContinue: false,
    isWebSocket: false,
    queueMs: 0,
    observer: undefined,
    inform: () => {},
    onAbort: () => {},
  };
}
