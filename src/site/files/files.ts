import { HeaderList } from '../../core/headers.ts';
import { encodePath, encodeUnsafe } from '../../http/uri.ts';
import type { Settings } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import { type SiteOutcome, type StatusOutcome, statusOutcome } from '../outcome.ts';
import { createCompressionGate } from '../reply/compression-rules.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Content } from '../steps.ts';
import { isAllowedPath } from './allowed-path.ts';
import { createDocumentRoot, type DocumentRoot, type FileLocation } from './document-root.ts';
import { FileAnswerRules } from './file-answers.ts';
import type { CachedFile, FileCache, FileCachePart } from './file-cache.ts';
import { OpenContents, readContents } from './file-contents.ts';
import { Folders } from './folders.ts';
import { FreshMap } from './fresh-map.ts';
import { type MediaTypeOf, mediaTypeTable } from './media-type-table.ts';
import { type FileFailure, isFailure, isUnchanged, lookAt, type OpenFile, openFile } from './open-file.ts';
import { type SiblingChoice, Siblings } from './siblings.ts';

/** How old a change of a file must be for it to be kept: a second one in the same tick of the file system's clock could not be told. */
const settledMs = 100;

const notFound = statusOutcome(404);
const notFoundVaries: StatusOutcome = { kind: 'status', status: 404, fields: [['vary', 'Accept-Encoding']] };
const alone: SiblingChoice = { sibling: undefined, varies: false };

/** RFC 9110 §15.5.6. */
const notAllowed: StatusOutcome = { kind: 'status', status: 405, fields: [['allow', 'GET, HEAD']] };

/** The files below a location's root, with what stands for folders: nginx's index, autoindex, gzip_static and static. Throws PlanError. */
export function createFiles(
  settings: Settings,
  context: CompileContext,
  location: FileLocation,
  cache: FileCache,
): Content {
  const files = new Files(settings, context, location, cache);
  return (request) => files.answer(request);
}

class Files {
  readonly #settings: Settings;
  readonly #root: DocumentRoot;
  readonly #rules: FileAnswerRules;
  readonly #mediaType: MediaTypeOf;
  readonly #siblings: Siblings | undefined;
  readonly #mayCompress: (request: SiteRequest, headers: HeaderList) => boolean;
  readonly #folders: Folders;
  readonly #cache: FileCachePart;
  readonly #isKept: FileCache['keeps'];
  /** Larger files that were asked for. */
  readonly #asked: FreshMap<true> = new FreshMap();
  readonly #isSame: (file: CachedFile) => boolean;

  constructor(settings: Settings, context: CompileContext, location: FileLocation, cache: FileCache) {
    const root = createDocumentRoot(settings.root, context, location);
    this.#settings = settings;
    this.#root = root;
    this.#rules = new FileAnswerRules(settings);
    this.#mediaType = mediaTypeTable(settings.types, settings.defaultType);
    this.#siblings =
      settings.precompressed.length > 0
        ? new Siblings(settings.precompressed, (path) => this.#isFile(path))
        : undefined;
    this.#mayCompress = settings.compression ? createCompressionGate(settings.compression, context) : () => true;
    this.#folders = new Folders(settings, context, root);
    this.#cache = cache.part();
    this.#isKept = (size, isHot) => cache.keeps(size, isHot);
    this.#isSame = ({ path, facts }) => isUnchanged(path, facts, settings.symlinks, root.trustedLength);
  }

  answer(request: SiteRequest): SiteOutcome | Promise<SiteOutcome> {
    const { uri, method } = request;
    const isRead = method === 'GET' || method === 'HEAD';
    if (!isRead && method !== 'POST') return notAllowed;
    if (uri.endsWith('/')) return this.#folders.answer(request);
    if (!isRead || !this.#siblings) return this.#answerFile(request, alone) ?? notFound;
    const path = this.#root.path(request, uri);
    if (!this.#isAllowed(path, uri)) return notFound;
    const now = request.services.now();
    const accepted = this.#mayCompress(request, HeaderList.empty) ? request.header('accept-encoding') : undefined;
    const { sibling, varies: mayVary } = this.#siblings.choose(path, accepted, now);
    const varies = mayVary && this.#settings.compression?.vary !== false;
    const outcome = sibling && this.#answerFile(request, { sibling, varies });
    return outcome ?? this.#answerFile(request, { sibling: undefined, varies }) ?? notFound;
  }

  /** Undefined where a sibling is none. */
  #answerFile(request: SiteRequest, choice: SiblingChoice): SiteOutcome | undefined {
    const { uri } = request;
    const root = this.#root;
    const now = request.services.now();
    const path = root.isConstant ? undefined : root.path(request, uri);
    const key = keyOf(uri, path, choice);
    if (request.method !== 'POST') {
      const cached = this.#cache.get(key, now, this.#isSame);
      if (cached) return cached.answers.answer(request);
    }
    return this.#answerUncached(request, path ?? root.path(request, uri), key, choice, now);
  }

  #answerUncached(
    request: SiteRequest,
    plainPath: string,
    key: string,
    choice: SiblingChoice,
    now: number,
  ): SiteOutcome | undefined {
    const { uri } = request;
    if (!this.#isAllowed(plainPath, uri)) return notFound;
    const { sibling } = choice;
    const path = sibling ? plainPath + sibling.suffix : plainPath;
    const found = openFile(path, this.#settings.symlinks, this.#root.trustedLength);
    if (found.kind !== 'file' && sibling) return undefined;
    switch (found.kind) {
      case 'file':
        return this.#answerOpen(request, path, found, key, choice, now);
      case 'folder':
        return redirectToFolder(request);
      case 'special':
        request.log('crit', `"${path}" is not a regular file`);
        return notFound;
      case 'failure':
        this.#logFailure(request, path, found);
        if (found.status !== 404) return statusOutcome(found.status);
        return choice.varies ? notFoundVaries : notFound;
    }
  }

  #answerOpen(
    request: SiteRequest,
    path: string,
    { facts, descriptor }: OpenFile,
    key: string,
    { sibling, varies }: SiblingChoice,
    now: number,
  ): SiteOutcome {
    const { size } = facts;
    const isKept = this.#isKept(size, () => this.#wasAsked(key, now));
    const contents = isKept ? readContents(descriptor, size) : new OpenContents(descriptor, size);
    if (request.method === 'POST') {
      contents.release();
      return notAllowed;
    }
    const answers = this.#rules.answers(facts, contents, this.#mediaType(request.uri), sibling?.encoding, varies);
    if (isKept && contents.size === size && now - facts.changedMs >= settledMs) {
      this.#cache.set(key, { path, facts, answers }, now);
    }
    return answers.answer(request);
  }

  /** A file that was read a moment ago is in the memory of the system, and so is read quickly. */
  #wasAsked(key: string, now: number): boolean {
    const wasAsked = this.#asked.get(key, now) === true;
    if (!wasAsked) this.#asked.set(key, true, now);
    return wasAsked;
  }

  #isAllowed(path: string, uri: string): boolean {
    return isAllowedPath(path, uri, this.#root.trustedLength, this.#settings.dotfiles === 'allow');
  }

  #isFile(path: string): boolean {
    const found = lookAt(path, this.#settings.symlinks, this.#root.trustedLength);
    return found !== undefined && !isFailure(found) && found.isFile();
  }

  #logFailure(request: SiteRequest, path: string, { status, reason }: FileFailure): void {
    if (status === 404 && !this.#settings.logsNotFound) return;
    request.log(status === 500 ? 'crit' : 'error', `open() "${path}" failed (${reason})`);
  }
}

/** No path holds NUL. */
function keyOf(uri: string, path: string | undefined, { sibling, varies }: SiblingChoice): string {
  const kind = sibling ? `\0${sibling.suffix}` : varies ? '\0v' : '';
  if (path === undefined) return kind === '' ? uri : uri + kind;
  return `${uri}${kind}\0${path}`;
}

/** With one slash at its beginning, since two would begin the name of another host (http.md 233). */
function redirectToFolder({ uri, args }: SiteRequest): StatusOutcome {
  const query = args === '' ? '' : `?${encodeUnsafe(args)}`;
  return { kind: 'status', status: 301, location: `${encodePath(uri.replace(/^\/+/, '/'))}/${query}` };
}
