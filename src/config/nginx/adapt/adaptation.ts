import { isAbsolute, join } from 'node:path';
import type { CachePlan } from '../../../plan/cache-plan.ts';
import type { LogFormatPlan } from '../../../plan/log-plan.ts';
import type { Template } from '../../../plan/site-plan.ts';
import type { AcmeIssuerPlan } from '../../../plan/tls-plan.ts';
import type { HealthCheckPlan, UpstreamPlan } from '../../../plan/upstream-plan.ts';
import type { VariablePlan } from '../../../plan/variable-plan.ts';
import type { ConnectionZonePlan, RequestZonePlan } from '../../../plan/zone-plan.ts';
import { PlanError } from '../../../site/compile-context.ts';
import { compilePattern } from '../../../site/pattern/compile-pattern.ts';
import { parseTemplate } from '../../../site/variables/parse-template.ts';
import { isKnownVariable, isWritableVariable } from '../../../site/variables/variable-table.ts';
import type { AppConfig } from '../../app-config.ts';
import type { ProcessConfig, ServerBlock, ServerConfig } from '../../config.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import type { Directive, Position } from '../syntax/tree.ts';
import type { AdaptContext } from './context.ts';
import type { Handlers } from './handlers.ts';
import type { Scope } from './scope.ts';

/** Something of the file, with its place. */
type Placed = { readonly at: Position };

/** One nginx.conf being adapted: what has been gathered so far, and what is to be checked when all has been read. */
export class Adaptation {
  readonly context: AdaptContext;
  readonly diagnostics: Diagnostic[] = [];
  readonly apps: Record<string, AppConfig> = {};
  readonly variables: VariablePlan[] = [];
  readonly requestZones: RequestZonePlan[] = [];
  readonly connectionZones: ConnectionZonePlan[] = [];
  readonly logFormats: LogFormatPlan[] = [];
  /** By name, those of nobody's naming too. */
  readonly upstreams: Map<string, UpstreamPlan> = new Map();
  readonly caches: CachePlan[] = [];
  /** Names of `upstream` blocks by their lower-case, wherever in the file they stand. */
  readonly upstreamNames: Map<string, string> = new Map();
  /** What `match` blocks want of answers to health checks. */
  readonly healthMatches: Map<string, Partial<Pick<HealthCheckPlan, 'statuses' | 'body'>>> = new Map();
  readonly issuers: AcmeIssuerPlan[] = [];
  readonly servers: ServerConfig[] = [];
  /** Where each of them stands, in the same order. */
  readonly serverBlocks: { readonly directive: Directive; readonly scope: Scope }[] = [];
  /** What addresses are said to speak, the first time that something is said. */
  readonly listenProtocols: Map<string, string> = new Map();
  /** What the `http` block says. */
  http: ServerBlock = {};
  process: ProcessConfig = {};
  readonly #handlers: Handlers;
  #current: Directive | undefined;
  readonly #defined = new Set<string>();
  readonly #said = new Set<string>();
  readonly #checks: (() => void)[] = [];

  constructor(context: AdaptContext, handlers: Handlers) {
    this.context = context;
    this.#handlers = handlers;
  }

  /** What the directives say is added to the scope. What has no handler means nothing here: the parser has refused the rest. */
  run(directives: readonly Directive[], scope: Scope, handlers: Handlers = this.#handlers): void {
    const around = this.#current;
    for (const directive of directives) {
      this.#current = directive;
      if (Object.hasOwn(handlers, directive.name)) handlers[directive.name]?.(directive, scope, this);
    }
    this.#current = around;
  }

  /** Does what could not be done before all was read. */
  finish(): void {
    for (const check of this.#checks) check();
  }

  /** To be done when all has been read. */
  later(check: () => void): void {
    const directive = this.#current;
    this.#checks.push(() => {
      this.#current = directive;
      check();
    });
  }

  /** Gives undefined: what was to be read is nothing. */
  error(place: Placed, message: string, hint?: string): undefined {
    this.#tell('error', place, message, hint);
  }

  warn(place: Placed, message: string, hint?: string): void {
    this.#tell('warning', place, message, hint);
  }

  /** Something that nginx has and Galley has not. */
  unsupported(place: Placed, message: string, hint?: string): undefined {
    this.#tell(this.context.lenient ? 'warning' : 'error', place, message, hint);
  }

  #tell(severity: Diagnostic['severity'], place: Placed, message: string, hint: string | undefined): void {
    const { at } = place;
    // Entries of a block are behind the line on which their directive ends.
    const nginxLine = Math.max(at.line, (isDirective(place) ? place : this.#current)?.endLine ?? 0);
    const source = this.context.files?.find(({ path }) => path === at.file);
    const text = source?.text.split('\n')[at.line - 1]?.replace(/\r$/, '');
    this.diagnostics.push({
      severity,
      message,
      at: { ...at, ...(text !== undefined && { text }) },
      ...(hint !== undefined && { hint }),
      ...(nginxLine !== at.line && { nginxLine }),
      ...wordsOf(place),
    });
  }

  /** Whether no other place has said this of this key. */
  isFirst(what: string, key: string): boolean {
    const said = `${what} ${key}`;
    if (this.#said.has(said)) return false;
    this.#said.add(said);
    return true;
  }

  /** Checks a text with variables. */
  template(text: string, place: Placed): Template {
    try {
      for (const part of parseTemplate(text)) if (part.kind === 'variable') this.useVariable(part.name, place);
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      this.error(place, error.message);
    }
    return text;
  }

  /** A variable that must exist once all has been read. */
  useVariable(name: string, place: Placed): void {
    this.later(() => {
      if (this.#defined.has(name.toLowerCase()) || isKnownVariable(name)) return;
      this.error(place, `unknown "${name}" variable`);
    });
  }

  /** The name in `$name`, which is known from then on; undefined where it is none or may not be changed, which is told. */
  defineVariable(text: string, place: Placed): string | undefined {
    const name = text.slice(1);
    if (!text.startsWith('$') || name === '') {
      this.error(place, `invalid variable name "${text}"`);
      return undefined;
    }
    if (!isWritableVariable(name)) {
      this.error(place, `the duplicate "${name}" variable`);
      return undefined;
    }
    this.#defined.add(name.toLowerCase());
    return name;
  }

  /** Checks a regular expression; its named groups are variables from then on. */
  pattern(source: string, ignoreCase: boolean, place: Placed): string {
    try {
      for (const name of compilePattern(source, ignoreCase).names) this.#defined.add(name.toLowerCase());
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      this.error(place, error.message);
    }
    return source;
  }

  /** A path below the prefix, or the one that it is; one that begins with a variable is left as it is. */
  path(text: string): string {
    return text.startsWith('$') || isAbsolute(text) ? text : join(this.context.prefix, text);
  }

  /** The same below the folder of the config. */
  configPath(text: string): string {
    return text.startsWith('$') || isAbsolute(text) ? text : join(this.context.configFolder, text);
  }
}

function isDirective(place: Placed): place is Directive {
  return 'endLine' in place;
}

function wordsOf(place: Placed): { readonly words?: string } {
  if ('text' in place && typeof place.text === 'string') return { words: place.text };
  return isDirective(place) ? { words: place.name } : {};
}
