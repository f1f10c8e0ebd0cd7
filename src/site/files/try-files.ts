import type { Settings, TryFiles } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Step } from '../steps.ts';
import { isAllowedPath } from './allowed-path.ts';
import { createDocumentRoot, type FileLocation } from './document-root.ts';
import { FreshMap } from './fresh-map.ts';
import { isFailure, lookAt } from './open-file.ts';

/**
 * nginx's `try_files`: makes the path of the first candidate that exists the request's; where there is none, the fallback answers. A path that
 * leads out of the root, or that the location would refuse, does not exist. Throws PlanError.
 */
export function createTryFiles(
  { candidates, fallback }: TryFiles,
  { root, symlinks, dotfiles }: Settings,
  context: CompileContext,
  location: FileLocation,
): Step {
  const documentRoot = createDocumentRoot(root, context, location);
  const tried = candidates.map((candidate) => {
    const isFolder = candidate.endsWith('/');
    return { isFolder, template: context.template(isFolder ? candidate.slice(0, -1) : candidate) };
  });
  const fall = createFallback(fallback, context);
  const { trustedLength } = documentRoot;
  const files: FreshMap<true> = new FreshMap();
  const exists = (path: string, uri: string, isFolder: boolean, now: number): boolean => {
    if (!isFolder && files.get(path, now)) return true;
    if (!isAllowedPath(path, uri, trustedLength, dotfiles === 'allow')) return false;
    const found = lookAt(path, symlinks, trustedLength);
    if (!found || isFailure(found) || found.isDirectory() !== isFolder) return false;
    if (!isFolder) files.set(path, true, now);
    return true;
  };
  return (request) => {
    const now = request.services.now();
    for (const { template, isFolder } of tried) {
      const { path, uri } = documentRoot.candidate(request, template.evaluate(request));
      if (!exists(path, uri, isFolder, now)) continue;
      request.uri = uri;
      return undefined;
    }
    return fall(request);
  };
}

function createFallback(
  fallback: TryFiles['fallback'],
  context: CompileContext,
): (request: SiteRequest) => SiteOutcome {
  switch (fallback.kind) {
    case 'status': {
      const outcome = statusOutcome(fallback.status);
      return () => outcome;
    }
    case 'named': {
      const outcome: SiteOutcome = { kind: 'redirect', target: fallback.name, args: undefined };
      return () => outcome;
    }
    case 'uri': {
      const template = context.template(fallback.uri);
      return (request) => {
        const [target = '', ...args] = template.evaluate(request).split('?');
        return { kind: 'redirect', target, args: args.join('?') };
      };
    }
  }
}
