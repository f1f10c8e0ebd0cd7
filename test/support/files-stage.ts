import type { Exchange } from '../../src/core/exchange.ts';
import type { Reply } from '../../src/core/reply.ts';
import { decodePath } from '../../src/http/uri.ts';
import type { Settings } from '../../src/plan/settings.ts';
import { FileCache } from '../../src/site/files/file-cache.ts';
import { createFiles } from '../../src/site/files/files.ts';
import { createTryFiles } from '../../src/site/files/try-files.ts';
import type { Location } from '../../src/site/location.ts';
import type { SiteOutcome } from '../../src/site/outcome.ts';
import { SiteRequest } from '../../src/site/site-request.ts';
import { statusReply } from '../../src/site/status-reply.ts';
import type { Content, Step } from '../../src/site/steps.ts';
import type { VirtualServer } from '../../src/site/virtual-server.ts';
import {
  type FakeSiteRequest,
  type FakeSiteRequestOptions,
  fakeContext,
  fakeSiteRequest,
} from './fake-site-request.ts';

/** What a location of files needs, with nginx's defaults. */
export function fileSettings(root: string, more: Partial<Settings> = {}): Settings {
  const settings: Partial<Settings> = {
    root: { path: root, isAlias: false },
    index: ['index.html'],
    autoindex: undefined,
    types: { txt: 'text/plain', html: 'text/html', bin: 'application/octet-stream' },
    defaultType: 'text/plain',
    etag: true,
    ifModifiedSince: 'exact',
    maxRanges: undefined,
    precompressed: [],
    symlinks: 'allow',
    dotfiles: 'allow',
    logsNotFound: true,
    compression: undefined,
    substitution: undefined,
    addition: undefined,
    charset: undefined,
    tryFiles: undefined,
    absoluteRedirects: true,
    portInRedirects: true,
    serverNameInRedirects: false,
    ...more,
  };
  return settings as Settings;
}

/** Locations of files by their prefixes, the longest of which counts. */
export class FilesStage {
  readonly cache: FileCache;
  readonly #locations: readonly { prefix: string; settings: Settings; step: Step | undefined; content: Content }[];

  constructor(locations: Readonly<Record<string, Settings>>, cache: FileCache = new FileCache()) {
    this.cache = cache;
    const variables = {
      uri: (request: SiteRequest) => request.uri,
      host: (request: SiteRequest) => request.header('host'),
    };
    const context = fakeContext(variables);
    this.#locations = Object.entries(locations)
      .map(([prefix, settings]) => ({
        prefix,
        settings,
        step: settings.tryFiles && createTryFiles(settings.tryFiles, settings, context, { prefix }),
        content: createFiles(settings, context, { prefix }, cache),
      }))
      .sort((one, other) => other.prefix.length - one.prefix.length);
  }

  /** What a request leads to, without internal redirects. */
  run(request: SiteRequest): SiteOutcome | Promise<SiteOutcome> {
    const location = this.#locations.find(({ prefix }) => request.uri.startsWith(prefix));
    if (!location) throw new Error(`There is no location for ${request.uri}`);
    request.location = { settings: location.settings, prefix: location.prefix } as Location;
    const early = location.step?.(request);
    if (early instanceof Promise) throw new Error('try_files waits for something');
    return early ?? location.content(request);
  }

  /** What a request for that target leads to, and the request. */
  ask(
    target: string,
    options: FakeSiteRequestOptions = {},
  ): { outcome: SiteOutcome | Promise<SiteOutcome> } & FakeSiteRequest {
    const fake = fakeSiteRequest(target, options);
    fake.request.uri = decodePath(fake.request.uri, true);
    return { ...fake, outcome: this.run(fake.request) };
  }

  /** Answers an exchange, with internal redirects and a page for each status. */
  async handle(exchange: Exchange): Promise<Reply> {
    const request = new SiteRequest(
      exchange,
      fakeSiteRequest().request.services,
      { name: '' } as VirtualServer,
      {} as Location,
      decodePath(exchange.request.normalizedPath, true),
      exchange.request.query,
    );
    for (;;) {
      const outcome = await this.run(request);
      if (!('kind' in outcome)) {
        if ('status' in outcome) return outcome;
        throw new Error('Files open no WebSockets');
      }
      if (outcome.kind === 'status') return statusReply(request, outcome);
      if (outcome.kind !== 'redirect' || ++request.redirects > 10)
        throw new Error('Files drop nothing and redirect a few times');
      request.uri = outcome.target;
      request.args = outcome.args ?? request.args;
    }
  }
}
