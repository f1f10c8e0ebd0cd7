import type { Settings } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import type { CompiledTemplate } from '../variables/template.ts';

/** The location that files are for: an alias replaces its path. */
export interface FileLocation {
  /** Decoded, latin-1; '' where it is a pattern: an alias then stands for the whole path. */
  readonly prefix: string;
}

/** Where the files of a location are. All paths are latin-1. */
export interface DocumentRoot {
  /** Whether a path of a request always leads to the same file. */
  readonly isConstant: boolean;
  /** The file or folder of `uri`; '' where a rewrite has left the path that an alias replaces. */
  path(request: SiteRequest, uri: string): string;
  /** The file or folder of a candidate of `try_files`, which is relative to the folder, and the path of a request that leads there. */
  candidate(request: SiteRequest, name: string): { readonly path: string; readonly uri: string };
  /**
   * How much of each path the config says, in characters. Symbolic links and names with dots are judged from its last slash on: what
   * comes before is the config's own choice.
   */
  readonly trustedLength: number;
}

/** nginx's `root` and `alias`. Throws PlanError. */
export function createDocumentRoot(
  { path, isAlias }: Settings['root'],
  context: CompileContext,
  { prefix }: FileLocation,
): DocumentRoot {
  const template = context.template(path);
  const { constant } = template;
  if (isAlias) return new Alias(template, prefix, constant ?? beforeVariables(path));
  const folder = constant === undefined ? undefined : withoutSlash(constant);
  const folderOf = (request: SiteRequest): string => folder ?? withoutSlash(template.evaluate(request));
  return {
    isConstant: folder !== undefined,
    trustedLength: folder === undefined ? beforeVariables(path).length : folder.length + 1,
    path: folder === undefined ? (request, uri) => folderOf(request) + uri : (_, uri) => folder + uri,
    candidate: (request, name) => ({ path: folderOf(request) + name, uri: name }),
  };
}

class Alias implements DocumentRoot {
  readonly #template: CompiledTemplate;
  readonly #prefix: string;
  readonly isConstant: boolean;
  readonly trustedLength: number;

  constructor(template: CompiledTemplate, prefix: string, trusted: string) {
    this.#template = template;
    this.#prefix = prefix;
    this.isConstant = template.constant !== undefined;
    this.trustedLength = trusted.length;
  }

  path(request: SiteRequest, uri: string): string {
    const prefix = this.#prefix;
    if (prefix === '') return this.#template.evaluate(request);
    return uri.startsWith(prefix) ? this.#template.evaluate(request) + uri.slice(prefix.length) : '';
  }

  candidate(request: SiteRequest, name: string): { readonly path: string; readonly uri: string } {
    const prefix = this.#prefix;
    const rest = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    return { path: this.#template.evaluate(request) + rest, uri: prefix + rest };
  }
}

/** What a template says before its first variable, as latin-1. */
function beforeVariables(text: string): string {
  return Buffer.from(text.split('$', 1)[0] ?? '').toString('latin1');
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
