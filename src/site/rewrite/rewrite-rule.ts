import { encodeArgument, encodePath } from '../../http/uri.ts';
import type { RewriteFlag, Rule } from '../../plan/location-plan.ts';
import type { CompileContext } from '../compile-context.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import { compileMatcher, type Matcher } from '../pattern/matcher.ts';
import type { SiteRequest } from '../site-request.ts';
import { compileTemplate } from '../variables/compile-template.ts';
import type { CompiledTemplate } from '../variables/template.ts';

/** What a rule leads to: an answer, the end of the rules, or undefined for the next one. */
export type RuleOutcome = SiteOutcome | 'stop' | undefined;

/** nginx's `rewrite`. */
export class RewriteRule {
  readonly #matcher: Matcher;
  readonly #path: CompiledTemplate;
  /** Undefined where the replacement says nothing of the query. */
  readonly #args: CompiledTemplate | undefined;
  /** The query that there was is added. */
  readonly #keepsArgs: boolean;
  readonly #flag: RewriteFlag;
  readonly #isExternal: boolean;

  /** Throws PlanError. */
  constructor(rule: Extract<Rule, { kind: 'rewrite' }>, context: CompileContext) {
    const { replacement } = rule;
    this.#keepsArgs = !replacement.endsWith('?');
    const kept = this.#keepsArgs ? replacement : replacement.slice(0, -1);
    const mark = kept.indexOf('?');
    this.#matcher = compileMatcher(context, rule.pattern, false);
    this.#path = context.template(mark < 0 ? kept : kept.slice(0, mark));
    this.#args = mark < 0 ? undefined : argsTemplate(kept.slice(mark + 1), this.#matcher.names, context);
    this.#isExternal = /^(?:https?:\/\/|\$scheme)/.test(replacement);
    this.#flag = rule.flag;
  }

  run(request: SiteRequest): RuleOutcome {
    if (!this.#matcher.match(request, request.uri)) {
      request.captures = [];
      return undefined;
    }
    const isRedirect = this.#isExternal || this.#flag === 'redirect' || this.#flag === 'permanent';
    const { captures } = request;
    if (isRedirect) request.captures = captures.map((capture) => capture && encodePath(capture));
    const path = this.#path.evaluate(request);
    // nginx does so where the path has escapes; but `&` as it is would add a parameter too.
    if (this.#args) request.captures = captures.map((capture) => capture && encodeArgument(capture));
    const args = this.#newArgs(request);
    request.captures = captures;
    if (isRedirect) {
      const location = args === '' ? path : `${path}?${args}`;
      return { kind: 'status', status: this.#flag === 'permanent' ? 301 : 302, location };
    }
    if (path === '') {
      request.log('error', 'the rewritten URI has a zero length');
      return statusOutcome(500);
    }
    request.uri = path.startsWith('/') ? path : `/${path}`;
    request.args = args;
    request.isInternal = true;
    request.isUriChanged = this.#flag !== 'break';
    if (this.#flag === 'break') request.isPrefixGone = true;
    return this.#flag === 'none' ? undefined : 'stop';
  }

  #newArgs(request: SiteRequest): string {
    const before = this.#keepsArgs ? request.args : '';
    if (!this.#args) return before;
    const args = this.#args.evaluate(request);
    if (before === '') return args;
    return args === '' ? before : `${args}&${before}`;
  }
}

/** A query, in which captures with names are escaped as those with numbers are. */
function argsTemplate(source: string, names: readonly string[], context: CompileContext): CompiledTemplate {
  const captured = new Set(names.map((name) => name.toLowerCase()));
  return compileTemplate(source, (name) => {
    const evaluate = context.variable(name);
    return captured.has(name.toLowerCase()) ? (request) => encodeArgument(evaluate(request) ?? '') : evaluate;
  });
}
