import type { LocationMatch, Rule } from '../../plan/location-plan.ts';
import type { LogFormatPlan } from '../../plan/log-plan.ts';
import type { Settings } from '../../plan/settings.ts';
import { createAccessSteps } from '../access/access-steps.ts';
import { exceptedMethods } from '../access/limit-except.ts';
import { createMirror } from '../access/mirror.ts';
import { createUserId } from '../access/user-id.ts';
import { createCachedContent } from '../cache/cached-content.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import { createAppContent } from '../content/app-content.ts';
import { emptyGif } from '../content/empty-gif.ts';
import { createStubStatus } from '../content/stub-status.ts';
import { ErrorPages } from '../error-pages.ts';
import { createFiles } from '../files/files.ts';
import { createTryFiles } from '../files/try-files.ts';
import { createLimitSteps } from '../limits/limit-steps.ts';
import type { Location } from '../location.ts';
import { createAccessLogger } from '../log/access-logger.ts';
import type { LocationErrorLog } from '../log/request-error-log.ts';
import type { ConnectionProfiles } from '../proxy/connection-profiles.ts';
import { compileAnswerChanges, createGivenAnswers } from '../proxy/given-answers.ts';
import { createProxyContent } from '../proxy/proxy-content.ts';
import { type CompiledTarget, compileTarget } from '../proxy/proxy-target.ts';
import { heedsAcceleratedFields } from '../reply/accelerated-fields.ts';
import { createReplyFilters } from '../reply/order.ts';
import { compileReturn, Script } from '../rewrite/script.ts';
import type { Content } from '../steps.ts';
import type { CacheScopes } from './cache-scopes.ts';
import type { SiteResources } from './site-resources.ts';

/** What locations are compiled with. */
export interface LocationContext {
  readonly compile: CompileContext;
  readonly resources: SiteResources;
  readonly logFormats: readonly LogFormatPlan[];
  readonly errorLog: LocationErrorLog;
  readonly profiles: ConnectionProfiles;
  /** Of the server that they are in. */
  readonly cacheScopes: CacheScopes;
}

/** The parts of a plan that become a {@link Location}. */
export interface LocationParts {
  /** Undefined for what holds outside of locations. */
  readonly match: LocationMatch | undefined;
  readonly settings: Settings;
  readonly rules: readonly Rule[];
}

/** Makes a location that can run. Throws PlanError, and LogFileError for a log that cannot be opened. */
export function compileLocation({ match, settings, rules }: LocationParts, context: LocationContext): Location {
  const { compile, resources, logFormats, errorLog } = context;
  errorLog.open(settings.errorLogs);
  const { aliasOf } = settings.root;
  const own = match?.kind === 'exact' || match?.kind === 'prefix' ? match.path : '';
  const prefix = latin1(aliasOf ?? own);
  const userId = createUserId(settings.userId, compile);
  const mirror = createMirror(settings, compile);
  const tryFiles = settings.tryFiles && createTryFiles(settings.tryFiles, settings, compile, { prefix });
  // What refuses most cheaply comes first; what may answer from a file comes when the client may have it.
  const rest = [userId?.step, mirror, tryFiles].filter((step) => step !== undefined);
  const limits = createLimitSteps(settings, resources.zones, compile);
  const target = targetOf(settings, context);
  const filters = createReplyFilters(settings, compile, resources.version);
  return {
    name: nameOf(match),
    settings,
    prefix,
    script: new Script(rules, compile, (inner) => compileLocation({ match, settings: inner, rules: [] }, context)),
    scriptMethods: settings.limitExcept && exceptedMethods(settings.limitExcept),
    steps: [...limits, ...createAccessSteps(settings, compile), ...rest],
    subrequestSteps: [...limits, ...rest],
    content: cachedContentOf(settings, contentOf(settings, prefix, target, context), prefix, context),
    filters: userId ? [userId.filter, ...filters] : filters,
    errorPages: new ErrorPages(settings.errorPages, compile),
    heedsAcceleratedFields: heedsAcceleratedFields(settings),
    proxyTarget: target,
    log: createAccessLogger(settings.accessLogs, logFormats, { compile, files: resources.files }),
  };
}

/** Undefined where the content is no proxy. */
function targetOf(settings: Settings, { compile, resources, profiles }: LocationContext): CompiledTarget | undefined {
  const { content } = settings;
  if (content.kind !== 'proxy') return undefined;
  return compileTarget(content.target, settings, compile, resources.upstreams, profiles);
}

function contentOf(
  settings: Settings,
  prefix: string,
  target: CompiledTarget | undefined,
  { compile, resources }: LocationContext,
): Content {
  const { content } = settings;
  switch (content.kind) {
    case 'files':
      return createFiles(settings, compile, { prefix }, resources.cache);
    case 'app':
      return createAppContent(content.app);
    case 'proxy':
      if (!target) throw new Error('A proxy has a target');
      return createProxyContent(content, settings, target, prefix, compile);
    case 'return':
      return compileReturn(content, compile);
    case 'stub-status':
      return createStubStatus(resources.connections);
    case 'empty-gif':
      return emptyGif;
  }
}

/** Throws PlanError. */
function cachedContentOf(
  settings: Settings,
  uncached: Content,
  prefix: string,
  { compile, resources, cacheScopes }: LocationContext,
): Content {
  const { cache, content } = settings;
  if (!cache) return uncached;
  const store = resources.caches.get(cache.cache);
  if (!store) throw new PlanError(`there is no cache "${cache.cache}"`);
  const cached = createCachedContent(uncached, settings, compile, store, cacheScopes.get(cache.cache));
  if (content.kind !== 'proxy') return cached;
  return createGivenAnswers(cached, compileAnswerChanges(content.target, settings, prefix, compile));
}

function nameOf(match: LocationMatch | undefined): string {
  if (!match) return '';
  switch (match.kind) {
    case 'regex':
      return match.pattern;
    case 'named':
      return match.name;
    default:
      return match.path;
  }
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
