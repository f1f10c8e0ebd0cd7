import type { RefererPlan } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { Pattern } from '../pattern/pattern.ts';
import { ServerNames } from '../routing/server-names.ts';
import type { SiteRequest } from '../site-request.ts';

/** `http://i.ru`, nginx's shortest one; what is shorter names no host. */
const shortest = 11;

interface CompiledReferers {
  readonly plan: RefererPlan;
  /** By host; what a path of it has to begin with. */
  readonly names: ServerNames<string>;
  readonly patterns: readonly Pattern[];
}

/** nginx's `$invalid_referer`: '1' where the Referer field names none of `valid_referers`, else ''. */
export class RefererCheck {
  readonly #context: CompileContext;
  readonly #compiled: WeakMap<RefererPlan, CompiledReferers> = new WeakMap();

  constructor(context: CompileContext) {
    this.#context = context;
  }

  evaluate(request: SiteRequest): string {
    const plan = request.location.settings.referers;
    if (!plan) return '';
    const referer = request.header('referer') ?? '';
    if (referer === '') return plan.none ? '' : '1';
    return this.#isValid(this.#compile(plan), referer, request) ? '' : '1';
  }

  #isValid({ plan, names, patterns }: CompiledReferers, referer: string, request: SiteRequest): boolean {
    const scheme = /^https?:\/\//i.exec(referer)?.[0];
    if (scheme === undefined || referer.length < shortest) return plan.blocked;
    const rest = referer.slice(scheme.length);
    const slash = rest.indexOf('/');
    const authority = slash < 0 ? rest : rest.slice(0, slash);
    const host = authority.split(':', 1)[0]?.toLowerCase() ?? '';
    if (plan.serverNames && request.server.names.find(host)) return true;
    const found = names.find(host);
    if (found && (slash < 0 ? '/' : rest.slice(slash)).startsWith(found.server)) return true;
    return patterns.some((pattern) => pattern.test(rest));
  }

  #compile(plan: RefererPlan): CompiledReferers {
    let compiled = this.#compiled.get(plan);
    if (compiled) return compiled;
    const names = new ServerNames<string>();
    for (const name of plan.names) {
      if (name.startsWith('~')) continue;
      const slash = name.indexOf('/');
      names.add(slash < 0 ? name : name.slice(0, slash), slash < 0 ? '' : name.slice(slash), this.#context);
    }
    const patterns = plan.names
      .filter((name) => name.startsWith('~'))
      .map((name) => this.#context.pattern(name.slice(1), true));
    compiled = { plan, names, patterns };
    this.#compiled.set(plan, compiled);
    return compiled;
  }
}
