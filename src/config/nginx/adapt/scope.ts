import type { LocationMatch } from '../../../plan/location-plan.ts';
import type { ProxySettings } from '../../../plan/proxy-plan.ts';
import type { ResolverPlan } from '../../../plan/upstream-plan.ts';
import type { Listen, LocationConfig, RuleConfig, ServerBlock } from '../../config.ts';
import type { Position } from '../syntax/tree.ts';
import type { SslDraft } from './ssl-draft.ts';

/** What of a block is put together field by field; all else of a later directive replaces that of an earlier one. */
const groups: ReadonlySet<string> = new Set([
  'connection',
  'realIp',
  'tls',
  'basicAuth',
  'authRequest',
  'autoindex',
  'compression',
  'gzip',
  'brotli',
  'zstd',
  'charset',
  'substitution',
  'addition',
  'userId',
  'referers',
  'proxy',
  'proxyTls',
  'cache',
]);

type List =
  | 'access'
  | 'accessLogs'
  | 'errorLogs'
  | 'errorPages'
  | 'headers'
  | 'trailers'
  | 'limitRequests'
  | 'limitConnections'
  | 'mirrors';

/** Lists of `proxy` that grow by a directive each. */
type ProxyList =
  | 'setFields'
  | 'redirects'
  | 'cookieDomains'
  | 'cookiePaths'
  | 'cookieFlags'
  | 'hiddenFields'
  | 'passedFields';

/** A block of nginx.conf while its directives are read. */
export class Scope {
  readonly outer: Scope | undefined;
  readonly rules: RuleConfig[] = [];
  readonly locations: LocationConfig[] = [];
  /** Where `root`, `alias` and `grpc_pass` were said. */
  readonly said: Map<string, Position> = new Map();
  readonly match: LocationMatch | undefined;
  readonly server: ServerDraft | undefined;
  /** What `resolver` and `resolver_timeout` say, which make one setting. */
  resolver: Omit<ResolverPlan, 'timeoutMs'> | undefined;
  resolverTimeoutMs: number | undefined;
  /** What several directives about TLS say together. */
  ssl: SslDraft = {};
  #grpc: Scope | undefined;
  #block: ServerBlock = {};
  /** Those that nobody else has, and that may grow in place: there may be thousands of addresses. */
  readonly #lists: Map<List, unknown[]> = new Map();

  constructor(outer?: Scope, { match, server }: { match?: LocationMatch; server?: ServerDraft } = {}) {
    this.outer = outer;
    this.match = match;
    this.server = server ?? outer?.server;
  }

  get block(): ServerBlock {
    return this.#block;
  }

  /** Adds settings. Those of a group are added to what the group has. */
  set(settings: ServerBlock): void {
    this.#block = mergeBlocks(this.#block, settings);
  }

  /** Adds to a list of this block, which takes the place of the inherited one. */
  append<Key extends List>(key: Key, item: NonNullable<ServerBlock[Key]>[number]): void {
    const own = this.#lists.get(key);
    if (own !== undefined && own === this.#block[key]) own.push(item);
    else {
      const list = [...(this.#block[key] ?? []), item];
      this.#lists.set(key, list);
      this.set({ [key]: list });
    }
  }

  /** The same of a list of `proxy`. */
  appendToProxy<Key extends ProxyList>(key: Key, item: ProxySettings[Key][number]): void {
    this.set({ proxy: { [key]: [...(this.#block.proxy?.[key] ?? []), item] } });
  }

  /** A setting of this block, or of the nearest one around it that has been read so far. */
  inherited<Key extends keyof ServerBlock>(key: Key): ServerBlock[Key] | undefined {
    return this.#block[key] ?? this.outer?.inherited(key);
  }

  /** What this block has, or the nearest one around it that has been read so far. */
  nearest<Value>(find: (scope: Scope) => Value | undefined): Value | undefined {
    return find(this) ?? this.outer?.nearest(find);
  }

  /** What directives for gRPC say, which means something only where `grpc_pass` is. */
  get grpc(): Scope {
    this.#grpc ??= new Scope();
    return this.#grpc;
  }

  /** The same with that of the blocks around this one. */
  get inheritedGrpc(): ServerBlock {
    return mergeBlocks(this.outer?.inheritedGrpc ?? {}, this.#grpc?.block ?? {});
  }
}

/** What a `server` block says of itself. */
export interface ServerDraft {
  readonly listen: Listen[];
  /** Each name once, with the place where it was first said. */
  readonly names: Map<string, Position>;
}

/** The first block with what the second one says. Groups are put together field by field. */
export function mergeBlocks(old: ServerBlock, added: ServerBlock): ServerBlock {
  return merge(old, added);
}

function merge<Part extends object>(old: Part, added: Part): Part {
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(old));
  for (const [key, value] of Object.entries(added)) {
    const before = merged[key];
    merged[key] = groups.has(key) && isObject(before) && isObject(value) ? merge(before, value) : value;
  }
  return merged as Part;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
