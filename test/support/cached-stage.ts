import { FetchLocks } from '../../src/cache/fetch-locks.ts';
import { MemoryStore } from '../../src/cache/memory-store.ts';
import { defaults } from '../../src/config/defaults.ts';
import { settingsOf } from '../../src/config/settings-of.ts';
import { type Body, emptyBody } from '../../src/core/body.ts';
import { HeaderList } from '../../src/core/headers.ts';
import type { Reply } from '../../src/core/reply.ts';
import type { CacheSettings } from '../../src/plan/cache-plan.ts';
import type { Settings } from '../../src/plan/settings.ts';
import { createCachedContent } from '../../src/site/cache/cached-content.ts';
import type { SiteOutcome } from '../../src/site/outcome.ts';
import type { SiteRequest } from '../../src/site/site-request.ts';
import type { Content } from '../../src/site/steps.ts';
import type { VirtualServer } from '../../src/site/virtual-server.ts';
import { bytesOf, cachePlan, cacheSurroundings } from './cache-stage.ts';
import { type FakeSiteRequest, fakeContext, fakeSiteRequest } from './fake-site-request.ts';

type Fields = Readonly<Record<string, string>>;

/** What a request got. */
export interface CachedAnswer {
  readonly status: number;
  readonly headers: Fields;
  readonly text: string;
  /** nginx's `$upstream_cache_status`. */
  readonly cache: string | undefined;
}

export interface CachedAsk {
  readonly method?: string;
  readonly headers?: Fields;
  readonly body?: Body;
  readonly client?: string;
}

/** A cache in memory in front of content, on a clock that stands still. */
export interface CachedStage {
  readonly store: MemoryStore;
  /** What content was asked, in order. */
  readonly asked: SiteRequest[];
  /** Milliseconds since 1970. */
  now: number;
  /** What content answers from now on. */
  content: Content;
  ask(target: string, asking?: CachedAsk): Promise<CachedAnswer>;
  /** The same, with its answer not read. */
  begin(target: string, asking?: CachedAsk): FakeSiteRequest & { readonly outcome: SiteOutcome | Promise<SiteOutcome> };
}

export const stageStart: number = Date.parse('2026-01-01T12:00:00Z');

export function cachedStage(
  content: Content,
  given: Partial<CacheSettings> = {},
  others: Partial<Settings> = {},
): CachedStage {
  const own = settingsOf(defaults);
  const context = fakeContext({
    scheme: () => 'http',
    host: (request) => request.header('host'),
    request_uri: (request) => request.exchange.request.target,
    uri: (request) => request.uri,
    slice_range: (request) => request.sliceRange,
    request_method: (request) => request.method,
    sent: (request) => request.header('sent'),
  });
  const cacheDefaults: CacheSettings = {
    ...(defaults.cache as unknown as Omit<CacheSettings, 'cache'>),
    cache: 'pages',
  };
  const settings = { ...own, ...others, cache: { ...cacheDefaults, ...given } };
  const clock = { now: stageStart };
  const now = (): number => clock.now;
  const locks = new FetchLocks(FetchLocks.memory(), 'pages', 0, now);
  const store = new MemoryStore(cachePlan(), { locks, now, tell: () => {}, log: cacheSurroundings().log });
  const stage: CachedStage = {
    store,
    asked: [],
    content,
    get now() {
      return clock.now;
    },
    set now(now: number) {
      clock.now = now;
    },
    begin(target, { method = 'GET', headers = {}, body = emptyBody, client = '127.0.0.1' } = {}) {
      const fake = fakeSiteRequest(target, {
        method,
        body,
        headers: Object.entries(headers),
        client: { address: client, port: 1 },
        services: { now },
      });
      fake.request.server = { mergesSlashes: true } as VirtualServer;
      return { ...fake, outcome: cached(fake.request) };
    },
    async ask(target, asking) {
      const { outcome, request } = stage.begin(target, asking);
      return answerOf(await outcome, request);
    },
  };
  const asked: Content = (request) => {
    stage.asked.push(request);
    return stage.content(request);
  };
  const cached = createCachedContent(asked, settings, context, store);
  return stage;
}

/** What came of a request, read to its end. */
export async function answerOf(outcome: SiteOutcome, request: SiteRequest): Promise<CachedAnswer> {
  const cache = request.cacheStatus;
  if (!('status' in outcome)) return { status: 0, headers: {}, text: '', cache };
  if ('kind' in outcome)
    return { status: outcome.status, headers: Object.fromEntries(outcome.fields ?? []), text: '', cache };
  const text = (await bytesOf(outcome.body)).toString('latin1');
  return { status: outcome.status, headers: Object.fromEntries(outcome.headers), text, cache };
}

/** An answer of content. */
export function fetched(body: Body | string, fields: Fields = {}, status = 200): Reply {
  return {
    status,
    headers: HeaderList.of(Object.entries(fields)),
    body: typeof body === 'string' ? Buffer.from(body) : body,
  };
}
