import { emptyBody } from '../../src/core/body.ts';
import type { Exchange, RequestHead } from '../../src/core/exchange.ts';
import { HeaderList } from '../../src/core/headers.ts';
import type { ErrorLogPlan } from '../../src/plan/log-plan.ts';
import type { CompileContext } from '../../src/site/compile-context.ts';
import type { Location } from '../../src/site/location.ts';
import type { RequestErrorLog } from '../../src/site/services.ts';
import { SiteRequest } from '../../src/site/site-request.ts';
import { connectionVariables } from '../../src/site/variables/built-in/connection.ts';
import { replyVariables } from '../../src/site/variables/built-in/reply.ts';
import { requestVariables } from '../../src/site/variables/built-in/request.ts';
import { timeVariables } from '../../src/site/variables/built-in/time.ts';
import { compileTemplate } from '../../src/site/variables/compile-template.ts';
import { fieldFinder, findArgument } from '../../src/site/variables/lookup.ts';
import type { Evaluate } from '../../src/site/variables/variable.ts';
import type { VirtualServer } from '../../src/site/virtual-server.ts';
import { fakeExchange } from './fake-exchange.ts';

const builtIn: Readonly<Record<string, Evaluate>> = {
  ...connectionVariables,
  ...replyVariables,
  ...requestVariables,
  ...timeVariables,
};

/** Variables are the real ones. */
export const logContext: CompileContext = {
  template: (text) => compileTemplate(text, logContext.variable),
  variable(name) {
    if (name.startsWith('http_')) {
      const find = fieldFinder(name.slice(5));
      return (request) => find(request.exchange.request.headers);
    }
    if (name.startsWith('arg_')) return (request) => findArgument(request.args, name.slice(4));
    return builtIn[name] ?? (() => undefined);
  },
  slot: () => 0,
  setter: () => () => {},
  pattern: () => ({ names: [], match: () => undefined, test: () => false }),
};

/** When requests of a {@link finishedRequest} end. */
export const endedAt: Date = new Date(2026, 10, 21, 9, 5, 7);

export interface FinishedOptions {
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly head?: Partial<RequestHead>;
  readonly exchange?: Exchange;
  readonly status?: number;
  readonly errorLogs?: readonly ErrorLogPlan[];
  readonly errorLog?: RequestErrorLog;
}

/** A request whose answer was sent: 12 bytes in 34.6 ms, of which 1.5 in the queue. */
export function finishedRequest(options: FinishedOptions = {}): SiteRequest {
  const plain = fakeExchange(options.target ?? '/a?b', emptyBody);
  const headers = HeaderList.of(Object.entries(options.headers ?? {}));
  const exchange = options.exchange ?? {
    ...plain,
    queueMs: 1.5,
    connection: { ...plain.connection, serial: 45 },
    request: { ...plain.request, headers, ...options.head },
  };
  // Logs see nothing of a location but these.
  const location = { name: '/', settings: { errorLogs: options.errorLogs ?? [] } } as unknown as Location;
  const server = { name: 'example.com', outside: location } as VirtualServer;
  const services: SiteRequest['services'] = {
    hostname: 'test',
    now: () => endedAt.getTime(),
    errorLog: options.errorLog ?? { write: () => {} },
    app: () => {
      throw new Error('there is no app');
    },
    subrequest: () => Promise.reject(new Error('there is no site')),
  };
  const { path, query } = exchange.request;
  const request = new SiteRequest(exchange, services, server, location, path, query);
  const { connection } = exchange;
  request.record = {
    connection,
    exchange,
    status: options.status ?? 200,
    bytes: 12,
    complete: true,
    durationMs: 34.56789,
  };
  return request;
}
