import { realpathSync } from 'node:fs';
import type { Settings } from '../../../plan/settings.ts';
import type { CompileContext } from '../../compile-context.ts';
import { filePath } from '../../files/file-path.ts';
import type { SiteRequest } from '../../site-request.ts';
import type { CompiledTemplate } from '../template.ts';
import type { BuiltIns } from './built-in.ts';

/** Where the file is that a request names. The roots of locations are templates themselves, compiled when they are first asked for. */
export function fileVariables(context: Pick<CompileContext, 'template'>): BuiltIns {
  const roots = new WeakMap<Settings['root'], CompiledTemplate>();
  const rootOf = (request: SiteRequest): string => {
    const { root } = request.location.settings;
    let template = roots.get(root);
    if (!template) {
      template = context.template(root.path);
      roots.set(root, template);
    }
    return template.evaluate(request);
  };
  return {
    document_root: rootOf,
    realpath_root: (request) => realPath(rootOf(request)),
    request_filename: (request) => fileName(rootOf(request), request),
  };
}

/** The alias of a pattern is the whole path. There is no file where a rewrite left the path that an alias replaces. */
function fileName(root: string, { location, uri }: SiteRequest): string | undefined {
  if (!location.settings.root.isAlias) return root.endsWith('/') ? root + uri.slice(1) : root + uri;
  if (location.prefix === '') return root;
  return uri.startsWith(location.prefix) ? root + uri.slice(location.prefix.length) : undefined;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(filePath(path), 'latin1');
  } catch {
    return undefined;
  }
}
