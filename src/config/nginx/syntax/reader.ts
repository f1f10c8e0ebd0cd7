import { dirname } from 'node:path';
import type { Diagnostic } from '../../diagnostic.ts';
import { checkDirective, countProblem, endProblem, errorAt, quotedBraces } from './check-directive.ts';
import type { Context, DirectiveRule, Support } from './directives/rule.ts';
import { type FileSystem, readFailure } from './file-system.ts';
import { glob, isPattern } from './glob.ts';
import type { DirectiveStatement } from './lexer.ts';
import { parseSource } from './parser.ts';
import { commandLine, type Source } from './source.ts';
import type { Argument, Directive, DroppedDirective, Position } from './tree.ts';

/** Files that include each other, one within the other; nginx goes on until it may open no more. */
const mostOpenFiles = 100;

/** What is known of the block that is read. */
interface Scope {
  /** `entries`: lines of the block's own, as in `map`; `opaque`: nothing is checked. */
  readonly context: Context | 'entries' | 'opaque';
  /** In a block that Galley does not have, what is in it is not told one by one. */
  readonly isDropped: boolean;
  /** Whether `include` is an entry like any other. */
  readonly hasIncludes: boolean;
  readonly seen: Map<string, Position>;
  readonly dropped: DroppedDirective[];
}

/** Blocks of entries in which nginx knows no `include`. */
const withoutIncludes: ReadonlySet<string> = new Set(['charset_map', 'split_clients']);

export interface ReadFile {
  readonly path: string;
  readonly text: string;
  /** Where it was first included; undefined for the main file. */
  readonly includedAt: Pick<Position, 'file' | 'line'> | undefined;
}

/** Reads sources one after the other as one config; what they include takes the place of the `include`. */
export class ConfigReader {
  readonly diagnostics: Diagnostic[] = [];
  /** Each file that was opened, once, in order. */
  readonly files: ReadFile[] = [];
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #lenient: boolean;
  readonly #openFiles: string[] = [];
  readonly #scope: Scope = openScope('main', false);

  /** `folder`: what paths of `include` are relative to. */
  constructor(fileSystem: FileSystem, folder: string, lenient: boolean) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.#lenient = lenient;
  }

  /** Directives of `-g`. */
  readParameter(text: string): readonly Directive[] {
    return this.#parse({ file: commandLine, text }, this.#scope);
  }

  /** The main file. */
  readFile(path: string): readonly Directive[] {
    return this.#open(path, this.#scope, undefined, (message) => ({ severity: 'error', message, at: undefined }));
  }

  #open(
    path: string,
    scope: Scope,
    includedAt: ReadFile['includedAt'],
    failure: (message: string) => Diagnostic,
  ): readonly Directive[] {
    let text: string;
    try {
      text = this.#fileSystem.readText(path);
    } catch (error) {
      this.diagnostics.push(failure(readFailure(path, error)));
      return [];
    }
    if (!this.files.some((file) => file.path === path)) this.files.push({ path, text, includedAt });
    this.#openFiles.push(path);
    const directives = this.#parse({ file: path, text }, scope);
    this.#openFiles.pop();
    return directives;
  }

  #parse(source: Source, scope: Scope): readonly Directive[] {
    return parseSource(
      source,
      scope,
      (statement, inner, readBlock) => this.#handle(statement, inner, readBlock),
      (diagnostic) => this.diagnostics.push(diagnostic),
    );
  }

  #handle(
    statement: DirectiveStatement,
    scope: Scope,
    readBlock: (scope: Scope) => readonly Directive[],
  ): readonly Directive[] {
    const name = statement.words[0];
    if (!name) {
      readBlock(openScope('opaque', true));
      return [];
    }
    if (scope.context === 'opaque') {
      const block = statement.opensBlock ? readBlock(scope) : undefined;
      return [directiveOf(statement, name, block, [])];
    }
    if (scope.context === 'entries' && statement.opensBlock) {
      this.diagnostics.push(errorAt(statement, name, 'unexpected "{"', { hint: quotedBraces }));
      readBlock(openScope('opaque', true));
      return [];
    }
    if (name.text === 'include' && scope.hasIncludes) return this.#include(statement, name, scope, readBlock);
    if (scope.context === 'entries') return [directiveOf(statement, name, undefined, [])];
    const { rule, error } = checkDirective(statement, name, scope.context, scope.seen);
    if (error) this.diagnostics.push(error);
    const lack = rule && lackOf(rule.support);
    if (rule && lack && !error && !scope.isDropped) {
      this.diagnostics.push(
        errorAt(statement, name, `"${name.text}" directive ${lack}`, { severity: this.#lenient ? 'warning' : 'error' }),
      );
      scope.dropped.push({ name: name.text, at: name.at, isContent: rule.isContent });
    }
    const inner = innerScope(rule, scope, lack !== undefined);
    const block = statement.opensBlock ? readBlock(inner) : undefined;
    return rule && !lack && !error ? [directiveOf(statement, name, block, inner.dropped)] : [];
  }

  #include(
    statement: DirectiveStatement,
    name: Argument,
    scope: Scope,
    readBlock: (scope: Scope) => readonly Directive[],
  ): readonly Directive[] {
    const problem =
      endProblem(statement, name, { block: undefined }) ??
      countProblem(statement, name, { minArguments: 1, maxArguments: 1 });
    if (problem) this.diagnostics.push(problem);
    if (statement.opensBlock) readBlock(openScope('opaque', true));
    const given = statement.words[1];
    if (problem || !given) return [];
    const path = absolute(given.text, this.#folder);
    const fail = (message: string, hint?: string) =>
      errorAt(statement, given, message, hint === undefined ? {} : { hint });
    const paths = isPattern(path) ? glob(path, this.#fileSystem) : [path];
    return paths.flatMap((each) => {
      if (this.#openFiles.includes(each) || this.#openFiles.length >= mostOpenFiles) {
        const chain = [...this.#openFiles, each].slice(-4).join(' includes ');
        this.diagnostics.push(fail(`"include" of "${each}" never ends`, chain));
        return [];
      }
      return this.#open(each, scope, { file: name.at.file, line: statement.endLine }, fail);
    });
  }
}

/** Why a directive cannot be kept; undefined where it can. */
function lackOf(support: Support): string | undefined {
  if (support.kind === 'later') return `needs ${support.feature}, which Galley does not have yet`;
  return support.kind === 'never' ? `is not supported: ${support.reason}` : undefined;
}

/** A path as nginx makes it absolute, which leaves `..` and double slashes as they are. */
export function absolute(path: string, folder: string): string {
  return path.startsWith('/') ? path : `${folder.endsWith('/') ? folder : `${folder}/`}${path}`;
}

/** The folder that the paths of a main file's `include` are relative to. */
export function includeFolder(mainFile: string): string {
  return dirname(mainFile);
}

function openScope(context: Scope['context'], isDropped: boolean, hasIncludes = true): Scope {
  return { context, isDropped, hasIncludes, seen: new Map(), dropped: [] };
}

function innerScope(rule: DirectiveRule | undefined, scope: Scope, isDropped: boolean): Scope {
  if (rule?.block === undefined || rule.block === 'opaque') return openScope('opaque', true);
  if (rule.block === 'entries') return openScope('entries', isDropped, !withoutIncludes.has(rule.name));
  return openScope(blockContext(rule.name, scope.context), isDropped || scope.isDropped);
}

/** The context that a block opens: its name, but for `if`. */
function blockContext(name: string, outer: Scope['context']): Scope['context'] {
  if (name === 'if') return outer === 'server' ? 'server-if' : 'location-if';
  const context = blockContexts.find((each) => each === name);
  if (context === undefined) throw new Error(`"${name}" opens no context`);
  return context;
}

const blockContexts: readonly Context[] = [
  'events',
  'http',
  'server',
  'location',
  'limit_except',
  'upstream',
  'app',
  'acme_issuer',
];

function directiveOf(
  { words, endLine }: DirectiveStatement,
  name: Argument,
  block: readonly Directive[] | undefined,
  dropped: readonly DroppedDirective[],
): Directive {
  const args = words.slice(1);
  return { name: name.text, args, block, at: name.at, endLine, ...(dropped.length > 0 && { dropped }) };
}
