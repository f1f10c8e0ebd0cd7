import type { Body } from '../../src/core/body.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { HeaderList } from '../../src/core/headers.ts';
import { type CompileContext, PlanError } from '../../src/site/compile-context.ts';
import type { Location } from '../../src/site/location.ts';
import type { SiteServices } from '../../src/site/services.ts';
import { SiteRequest } from '../../src/site/site-request.ts';
import { compileTemplate } from '../../src/site/variables/compile-template.ts';
import type { Evaluate } from '../../src/site/variables/variable.ts';
import type { VirtualServer } from '../../src/site/virtual-server.ts';
import { type FakeExchange, fakeExchange } from './fake-exchange.ts';

/** A request of a site without locations, what it logged, and the exchange that it is of. */
export interface FakeSiteRequest {
  readonly request: SiteRequest;
  readonly exchange: FakeExchange;
  /** `level: message`. */
  readonly log: readonly string[];
  /** Its exchange is over. */
  end(): void;
}

export interface FakeSiteRequestOptions {
  readonly method?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly host?: string;
  readonly body?: Body;
  readonly client?: Exchange['connection']['client'];
  readonly server?: Exchange['connection']['server'];
  readonly services?: Partial<SiteServices>;
  readonly parent?: SiteRequest;
}

/** A request for steps and filters alone. */
export function fakeSiteRequest(target = '/', options: FakeSiteRequestOptions = {}): FakeSiteRequest {
  const { method = 'GET', host = 'test', headers = [], services, parent } = options;
  const exchange = fakeExchange(target, options.body, false, method);
  const request = { ...exchange.request, headers: HeaderList.of([['host', host], ...headers]) };
  const { client = exchange.connection.client, server = exchange.connection.server } = options;
  const log: string[] = [];
  const whole: FakeExchange = { ...exchange, request, connection: { ...exchange.connection, client, server } };
  const siteRequest = new SiteRequest(
    whole,
    {
      hostname: 'test',
      now: Date.now,
      errorLog: { write: (_, level, message) => log.push(`${level}: ${message}`) },
      app: () => {
        throw new Error('There is no app');
      },
      subrequest: () => Promise.reject(new Error('There are no subrequests')),
      ...services,
    },
    {} as VirtualServer,
    {} as Location,
    request.normalizedPath,
    request.query,
    parent,
  );
  return {
    request: siteRequest,
    exchange: whole,
    log,
    end: () =>
      siteRequest.done({
        connection: whole.connection,
        exchange: whole,
        status: 200,
        bytes: 0,
        complete: true,
        durationMs: 0,
      }),
  };
}

/** Compiles templates that know `$http_*`, `$arg_*`, the variables given, and those of slots: whatever is set. */
export function fakeContext(variables: Readonly<Record<string, Evaluate>> = {}): CompileContext {
  const slots: string[] = [];
  const slot = (name: string): number => (slots.includes(name) ? slots.indexOf(name) : slots.push(name) - 1);
  const variable = (name: string): Evaluate => {
    const own = variables[name];
    if (own) return own;
    const [, kind, rest = ''] = /^(http|arg)_(\w+)$/.exec(name) ?? [];
    if (kind === 'http') return (request) => request.header(rest.replaceAll('_', '-'));
    if (kind === 'arg') return ({ args }) => new URLSearchParams(args).get(rest) ?? undefined;
    if (!slots.includes(name)) throw new PlanError(`unknown "${name}" variable`);
    const index = slot(name);
    return ({ values }) => values[index];
  };
  const slotOf = (name: string): number => {
    if (!slots.includes(name)) slots.push(name);
    return slots.indexOf(name);
  };
  return {
    template: (text) => compileTemplate(text, variable),
    variable,
    slot: slotOf,
    setter: (name) => {
      const slot = slotOf(name);
      return ({ values }, value) => {
        values[slot] = value;
      };
    },
    pattern: () => {
      throw new PlanError('there are no patterns');
    },
  };
}
