import { type Body, emptyBody } from '../../src/core/body.ts';
import { HeaderList } from '../../src/core/headers.ts';
import type { Reply } from '../../src/core/reply.ts';
import type { Settings } from '../../src/plan/settings.ts';
import type { CompileContext } from '../../src/site/compile-context.ts';
import type { Location } from '../../src/site/location.ts';
import type { SubrequestAnswer } from '../../src/site/services.ts';
import { SiteRequest } from '../../src/site/site-request.ts';
import { compileTemplate } from '../../src/site/variables/compile-template.ts';
import type { VirtualServer } from '../../src/site/virtual-server.ts';
import { type FakeExchange, fakeExchange } from './fake-exchange.ts';

/** What a {@link replyStage} may differ in. */
export interface StageOptions {
  readonly method?: string;
  readonly version?: '1.0' | '1.1';
  /** Of the request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly now?: number;
  readonly settings?: Partial<Settings>;
  readonly subrequest?: (uri: string, args: string) => Promise<Reply>;
}

/** A request and what filters need, without a site. */
export interface ReplyStage {
  readonly request: SiteRequest;
  readonly exchange: FakeExchange;
  /** What was written to the error log. */
  readonly logged: string[];
}

/** Variables are those that the stage of the request was given, and `$sent_http_content_type`. */
export const stageContext: CompileContext = {
  template: (text) => compileTemplate(text, stageContext.variable),
  variable: (name) => (request) =>
    name === 'sent_http_content_type' ? request.reply?.headers.get('content-type') : variables.get(request)?.[name],
  slot: () => 0,
  setter: () => () => {},
  pattern: (source, ignoreCase) => {
    const pattern = new RegExp(source, ignoreCase ? 'i' : '');
    return { names: [], match: () => undefined, test: (text) => pattern.test(text) };
  },
};

const variables = new WeakMap<SiteRequest, Readonly<Record<string, string>>>();

export function replyStage(options: StageOptions = {}): ReplyStage {
  const plain = fakeExchange('/page', emptyBody, false, options.method ?? 'GET');
  const headers = HeaderList.of(Object.entries({ host: 'test', ...options.headers }));
  const exchange = { ...plain, request: { ...plain.request, headers, version: options.version ?? '1.1' } };
  const logged: string[] = [];
  // Filters see nothing of a location but these.
  const settings = { content: { kind: 'app', app: 'main' }, ...options.settings };
  const location = { name: '/', settings } as Location;
  const server = { name: 'test', outside: location } as VirtualServer;
  const services: SiteRequest['services'] = {
    hostname: 'test',
    now: () => options.now ?? 0,
    errorLog: { write: (_request, level, message) => logged.push(`${level}: ${message}`) },
    app: () => textReply(''),
    async subrequest(parent, uri, args): Promise<SubrequestAnswer> {
      const inner = new SiteRequest(exchange, services, parent.server, location, uri, args, parent);
      return { request: inner, outcome: (await options.subrequest?.(uri, args)) ?? textReply('') };
    },
  };
  const request = new SiteRequest(exchange, services, server, location, '/page', '');
  variables.set(request, options.variables ?? {});
  return { request, exchange, logged };
}

/** An answer with this content and these fields besides `content-type: text/html`. */
export function textReply(body: Body | string, fields: Readonly<Record<string, string>> = {}, status = 200): Reply {
  const headers = HeaderList.of(Object.entries({ 'content-type': 'text/html', ...fields }));
  return { status, headers, body: typeof body === 'string' ? Buffer.from(body) : body };
}

/** All bytes of an answer. */
export async function contentOf({ body }: Reply): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** A body of these pieces, one a turn. */
export async function* pieces(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array, undefined> {
  for (const text of texts) {
    await new Promise((resolve) => setImmediate(resolve));
    yield Buffer.from(text as string);
  }
}
