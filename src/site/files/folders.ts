import type { Settings } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import type { CompiledTemplate } from '../variables/template.ts';
import { isAllowedPath } from './allowed-path.ts';
import { listFolder } from './autoindex.ts';
import type { DocumentRoot } from './document-root.ts';
import { FreshMap } from './fresh-map.ts';
import { isFailure, lookAt } from './open-file.ts';

/** What answers for paths that end with a slash: nginx's index and autoindex. */
export class Folders {
  readonly #settings: Settings;
  readonly #root: DocumentRoot;
  readonly #index: readonly CompiledTemplate[];
  /** Files that were there a moment ago. */
  readonly #found: FreshMap<true> = new FreshMap();

  /** Throws PlanError. */
  constructor(settings: Settings, context: CompileContext, root: DocumentRoot) {
    this.#settings = settings;
    this.#root = root;
    this.#index = settings.index.map((name) => context.template(name));
  }

  /** Of GET, HEAD and POST. */
  answer(request: SiteRequest): SiteOutcome | Promise<SiteOutcome> {
    const { uri } = request;
    const { dotfiles, autoindex, charset } = this.#settings;
    const folder = this.#root.path(request, uri);
    if (!isAllowedPath(folder, uri, this.#root.trustedLength, dotfiles === 'allow')) return statusOutcome(404);
    const found = this.#findIndex(request, folder);
    if (found) return found;
    if (autoindex && request.method !== 'POST') {
      const countsCharacters = charset?.charset?.toLowerCase() === 'utf-8';
      return listFolder(request, folder, autoindex, countsCharacters);
    }
    request.log('error', `directory index of "${folder}" is forbidden`);
    return statusOutcome(403);
  }

  /** Where the request goes on, or why it fails; undefined where there is a folder that has none of the files. */
  #findIndex(request: SiteRequest, folder: string): SiteOutcome | undefined {
    const { symlinks } = this.#settings;
    const { trustedLength } = this.#root;
    let isFolder = false;
    for (const template of this.#index) {
      const name = template.evaluate(request);
      // One that is no name in the folder is not looked for.
      if (name.startsWith('/')) return { kind: 'redirect', target: name, args: undefined };
      const path = folder + name;
      const now = request.services.now();
      const found = this.#found.get(path, now) || lookAt(path, symlinks, trustedLength);
      if (found !== true) {
        if (isFailure(found)) return this.#fail(request, path, found.status, found.reason);
        if (found) this.#found.set(path, true, now);
      }
      if (found) return { kind: 'redirect', target: request.uri + name, args: undefined };
      if (isFolder) continue;
      const failed = this.#checkFolder(request, folder, folder + name);
      if (failed) return failed;
      isFolder = true;
    }
    return isFolder ? undefined : this.#checkFolder(request, folder, folder);
  }

  /** Why it cannot be listed; `wanted` is what is not found where it is no folder. */
  #checkFolder(request: SiteRequest, folder: string, wanted: string): SiteOutcome | undefined {
    const facts = lookAt(folder, this.#settings.symlinks, this.#root.trustedLength);
    if (isFailure(facts)) return this.#fail(request, folder, facts.status, facts.reason);
    return facts?.isDirectory() ? undefined : this.#fail(request, wanted, 404, '2: No such file or directory');
  }

  #fail(request: SiteRequest, path: string, status: 403 | 404 | 500, reason: string): SiteOutcome {
    if (status === 500) request.log('crit', `"${path}" failed (${reason})`);
    else if (status === 403) request.log('error', `"${path}" is forbidden (${reason})`);
    else if (this.#settings.logsNotFound) request.log('error', `"${path}" is not found (${reason})`);
    return statusOutcome(status);
  }
}
