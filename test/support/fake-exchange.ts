import { type Body, emptyBody } from '../../src/core/body.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { HeaderList } from '../../src/core/headers.ts';

export interface FakeExchange extends Exchange {
  abort(reason: ErrorCode): void;
}

/** An exchange without a connection. */
export function fakeExchange(
  target: string,
  body: Body = emptyBody,
  expectsContinue = false,
  method = 'GET',
): FakeExchange {
  const listeners: ((reason: ErrorCode) => void)[] = [];
  const [path = '', query = ''] = target.split('?');
  return {
    id: `test-${target}`,
    connection: {
      scheme: 'http',
      listener: 0,
      client: { address: '127.0.0.1', port: 5 },
      server: { address: '127.0.0.1', port: 80 },
    },
    request: {
      method,
      target,
      path,
      query,
      normalizedPath: path,
      version: '1.1',
      headers: HeaderList.of([['host', 'test']]),
    },
    body,
    expectsContinue,
    isWebSocket: false,
    queueMs: 0,
    observer: undefined,
    inform: () => {},
    onAbort: (listener) => listeners.push(listener),
    abort: (reason) => {
      for (const listener of listeners.splice(0)) listener(reason);
    },
  };
}
