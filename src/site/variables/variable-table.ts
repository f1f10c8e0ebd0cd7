import { randomBytes } from 'node:crypto';
import type { SitePlan, Template } from '../../plan/site-plan.ts';
import type { VariablePlan } from '../../plan/variable-plan.ts';
import { type CompileContext, PlanError, type SetVariable } from '../compile-context.ts';
import { compilePattern } from '../pattern/compile-pattern.ts';
import type { Pattern } from '../pattern/pattern.ts';
import type { SiteRequest } from '../site-request.ts';
import { absentVariables } from './built-in/absent.ts';
import type { BuiltIns } from './built-in/built-in.ts';
import { isChangeable, requestSetters } from './built-in/changeable.ts';
import { connectionVariables } from './built-in/connection.ts';
import { fileVariables } from './built-in/file.ts';
import { prefixedVariable } from './built-in/prefixes.ts';
import { replyVariables } from './built-in/reply.ts';
import { requestVariables } from './built-in/request.ts';
import { timeVariables } from './built-in/time.ts';
import { tlsVariables } from './built-in/tls.ts';
import { upstreamVariables } from './built-in/upstream.ts';
import { compileTemplate } from './compile-template.ts';
import { declaredNames } from './declared-names.ts';
import { compileGeo } from './geo.ts';
import { compileMap } from './map.ts';
import { RefererCheck } from './referer.ts';
import { SecureLinkCheck } from './secure-link.ts';
import { compileSplit } from './split-clients.ts';
import type { CompiledTemplate } from './template.ts';
import type { Evaluate } from './variable.ts';

const stateless: BuiltIns = {
  ...absentVariables,
  ...connectionVariables,
  ...replyVariables,
  ...requestVariables,
  ...timeVariables,
  ...tlsVariables,
  ...upstreamVariables,
};

/** Those whose entries need a table: places for what is kept, or templates. */
const ownNames: ReadonlySet<string> = new Set(
  'document_root realpath_root request_filename request_id invalid_referer secure_link secure_link_expires uid_reset'.split(
    ' ',
  ),
);

/** Whether a variable of this name exists without a config that makes one. Case does not matter. */
export function isKnownVariable(name: string): boolean {
  const lower = name.toLowerCase();
  return isBuiltIn(lower) || prefixedVariable(lower) !== undefined;
}

/** Whether a config may make or change a variable of this name. Case does not matter. */
export function isWritableVariable(name: string): boolean {
  const lower = name.toLowerCase();
  return isChangeable(lower, isBuiltIn(lower));
}

function entryOf(table: BuiltIns, name: string): Evaluate | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function isBuiltIn(lower: string): boolean {
  return ownNames.has(lower) || Object.hasOwn(stateless, lower);
}

/**
 * The variables of a site: those that nginx has, those of maps and their like, and those that the plan writes. Names are without
 * regard to case. Maps are compiled at once, so that what is wrong with one that nobody uses is found too.
 */
export class VariableTable implements CompileContext {
  readonly #plans: ReadonlyMap<string, VariablePlan>;
  readonly #declared: ReadonlySet<string>;
  readonly #own: BuiltIns;
  readonly #slots: Map<string, number> = new Map();
  readonly #variables: Map<string, Evaluate> = new Map();
  readonly #patterns: Map<string, Pattern> = new Map();
  /** Whose plans are being compiled just now. */
  readonly #open: Set<string> = new Set();

  /** Throws PlanError. */
  constructor(plan: Pick<SitePlan, 'servers' | 'variables'>) {
    this.#plans = new Map(plan.variables.map((each) => [each.variable.toLowerCase(), each]));
    this.#declared = declaredNames(plan);
    const referers = new RefererCheck(this);
    const links = new SecureLinkCheck(this);
    this.#own = {
      ...fileVariables(this),
      invalid_referer: (request) => referers.evaluate(request),
      request_id: this.#kept('request_id', () => randomBytes(16).toString('hex')),
      secure_link: (request) => links.evaluate(request),
      secure_link_expires: (request) => links.expires(request),
      uid_reset: () => undefined,
    };
    for (const name of this.#plans.keys()) {
      this.slot(name);
      this.variable(name);
    }
  }

  template(text: Template): CompiledTemplate {
    return compileTemplate(text, (name) => this.variable(name));
  }

  variable(name: string): Evaluate {
    const lower = name.toLowerCase();
    const known = this.#variables.get(lower);
    if (known) return known;
    const evaluate = this.#resolve(lower);
    if (!evaluate) throw new PlanError(`unknown "${name}" variable`);
    this.#variables.set(lower, evaluate);
    return evaluate;
  }

  slot(name: string): number {
    const lower = name.toLowerCase();
    if (!isChangeable(lower, isBuiltIn(lower))) throw new PlanError(`the duplicate "${name}" variable`);
    return this.#slotOf(lower);
  }

  setter(name: string): SetVariable {
    const slot = this.slot(name);
    const change = requestSetters.get(name.toLowerCase());
    if (change) return change;
    return (request, value) => {
      request.values[slot] = value;
    };
  }

  pattern(source: string, ignoreCase: boolean): Pattern {
    const key = `${ignoreCase ? '*' : ''}~${source}`;
    let pattern = this.#patterns.get(key);
    if (!pattern) {
      pattern = compilePattern(source, ignoreCase);
      this.#patterns.set(key, pattern);
    }
    return pattern;
  }

  #resolve(lower: string): Evaluate | undefined {
    const plan = this.#plans.get(lower);
    if (plan) return this.#planned(lower, plan);
    const builtIn = entryOf(this.#own, lower) ?? entryOf(stateless, lower);
    const isWritten =
      this.#declared.has(lower) && !requestSetters.has(lower) && isChangeable(lower, builtIn !== undefined);
    if (!isWritten) return builtIn ?? prefixedVariable(lower);
    const slot = this.#slotOf(lower);
    if (!builtIn) return (request) => request.values[slot] ?? '';
    return (request) => request.values[slot] ?? builtIn(request);
  }

  #planned(lower: string, plan: VariablePlan): Evaluate {
    if (this.#open.has(lower)) throw new PlanError(`cycle while evaluating variable "${plan.variable}"`);
    this.#open.add(lower);
    const compute = this.#compile(plan);
    this.#open.delete(lower);
    if (plan.kind !== 'map' || !plan.volatile) return this.#kept(lower, compute);
    const slot = this.#slotOf(lower);
    return (request) => request.values[slot] ?? compute(request);
  }

  #compile(plan: VariablePlan): (request: SiteRequest) => string {
    switch (plan.kind) {
      case 'map':
        return compileMap(plan, this);
      case 'geo':
        return compileGeo(plan, this);
      case 'split':
        return compileSplit(plan, this);
    }
  }

  /** Computed once for a request and its subrequests. */
  #kept(lower: string, compute: (request: SiteRequest) => string): Evaluate {
    const slot = this.#slotOf(lower);
    return (request) => {
      const { values } = request;
      const kept = values[slot];
      if (kept !== undefined) return kept;
      const value = compute(request);
      values[slot] = value;
      return value;
    };
  }

  #slotOf(lower: string): number {
    let slot = this.#slots.get(lower);
    if (slot === undefined) {
      slot = this.#slots.size;
      this.#slots.set(lower, slot);
    }
    return slot;
  }
}
