import assert from 'node:assert/strict';
import { Caches } from '../../src/cache/caches.ts';
import { adaptNginxConf } from '../../src/config/nginx/adapt/adapt.ts';
import { readNginxConf } from '../../src/config/nginx/syntax/load.ts';
import { resolve } from '../../src/config/resolve.ts';
import { type Body, emptyBody } from '../../src/core/body.ts';
import type { ConnectionFacts, Exchange } from '../../src/core/exchange.ts';
import { HeaderList } from '../../src/core/headers.ts';
import type { Outcome, Reply } from '../../src/core/reply.ts';
import { normalizePath } from '../../src/http/path.ts';
import { decodeEscapes } from '../../src/http/uri.ts';
import { createLog } from '../../src/observe/log.ts';
import { LogFiles } from '../../src/observe/log-files.ts';
import type { SitePlan } from '../../src/plan/site-plan.ts';
import { compileSite } from '../../src/site/compile/compile-site.ts';
import { FileCache } from '../../src/site/files/file-cache.ts';
import { openZones, zoneBuffers } from '../../src/site/limits/limit-zones.ts';
import type { Site } from '../../src/site/site.ts';
import { Upstreams } from '../../src/upstream/upstreams.ts';
import { cacheSurroundings } from './cache-stage.ts';
import { fakeExchange } from './fake-exchange.ts';
import { literalStates } from './literal-upstreams.ts';

export interface SiteStage {
  readonly site: Site;
  readonly plan: SitePlan;
  /** What the app was asked, in order. */
  readonly asked: Exchange[];
  log(): string;
  ask(target: string, options?: AskOptions): Promise<SiteAnswer>;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** Which address of the config it comes in on. */
  readonly listener?: number;
  /** What its connection has beside. */
  readonly connection?: Partial<ConnectionFacts>;
}

export interface SiteAnswer {
  /** 0 where the connection is closed without an answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A site of a plan, or of an nginx.conf whose `http` block has this in it, without sockets; `answer` is what its apps answer. */
export function siteStage(
  source: SitePlan | string,
  answer: (exchange: Exchange) => Outcome | Promise<Outcome> = () => ({
    status: 200,
    headers: HeaderList.empty,
    body: emptyBody,
  }),
): SiteStage {
  const plan = typeof source === 'string' ? planOf(source) : source;
  const asked: Exchange[] = [];
  let logged = '';
  const log = createLog(
    { level: 'info' },
    (text) => (logged += text),
    () => new Date(),
  );
  const upstreams = new Upstreams({ front: 0, frontCount: 1, now: () => performance.now(), random: Math.random });
  upstreams.configure(plan.upstreams, literalStates(plan.upstreams));
  const site = compileSite(plan, {
    version: '0',
    log,
    files: new LogFiles((problem) => (logged += problem)),
    zones: openZones(zoneBuffers(plan, 1), 0, () => performance.now()),
    cache: new FileCache(),
    // They stay open: nothing holds the process for them.
    caches: new Caches(cacheSurroundings()).open(plan.caches),
    upstreams,
    connections: { accepted: 1, requests: 1, active: 1, waiting: 0 },
    now: Date.now,
    app: (_, exchange) => {
      asked.push(exchange);
      return answer(exchange);
    },
  });
  const ask = async (target: string, options: AskOptions = {}): Promise<SiteAnswer> => {
    const exchange = exchangeOf(target, options);
    const outcome = await site.handle(exchange, options.listener ?? 0);
    return answerOf(outcome);
  };
  return { site, plan, asked, log: () => logged, ask };
}

/** The plan of an nginx.conf whose `http` block has this in it, and no errors. */
export function planOf(http: string): SitePlan {
  const text = `events {} http { access_log off; error_log stderr; ${http} }`;
  const read = readNginxConf('/srv/nginx.conf', {
    prefix: '/srv',
    fileSystem: { readText: () => text, names: () => [], exists: () => true },
  });
  const context = { prefix: '/srv', configFolder: '/srv', hostname: 'here', isRoot: true, lenient: false };
  const { config, diagnostics } = adaptNginxConf(read.directives, context);
  const errors = [...read.diagnostics, ...diagnostics].filter(({ severity }) => severity === 'error');
  assert.deepEqual(
    errors.map(({ message }) => message),
    [],
  );
  return withoutErrorLogs(resolve(config, { hostname: 'here' }));
}

/** What goes wrong is then written to Galley's log, where the test sees it. */
function withoutErrorLogs(plan: SitePlan): SitePlan {
  return JSON.parse(JSON.stringify(plan), (key, value) => (key === 'errorLogs' ? [] : value));
}

/** What comes in when this is asked. */
export function exchangeOf(target: string, { method = 'GET', headers = {}, body, connection }: AskOptions): Exchange {
  const exchange = fakeExchange(target, body, false, method);
  const fields = Object.entries({ host: 'test', ...headers });
  const normalizedPath = normalizePath(exchange.request.path);
  exchange.connection = { ...exchange.connection, ...connection };
  return { ...exchange, request: { ...exchange.request, normalizedPath, headers: HeaderList.of(fields) } };
}

async function answerOf(outcome: Outcome): Promise<SiteAnswer> {
  if (!('status' in outcome)) return { status: 0, headers: {}, text: '' };
  const { status, headers, body } = outcome as Reply;
  const pieces: Uint8Array[] = [];
  if (body instanceof Uint8Array) pieces.push(body);
  else for await (const piece of body) pieces.push(piece);
  return { status, headers: Object.fromEntries(headers), text: Buffer.concat(pieces).toString('latin1') };
}

/** What an app saw of a request's path, decoded. */
export function pathSeen({ request }: Exchange): string {
  return decodeEscapes(request.normalizedPath);
}
