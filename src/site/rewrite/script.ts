import type { Rule } from '../../plan/location-plan.ts';
import type { Content, Settings } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { Location } from '../location.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import { compileCondition } from './condition.ts';
import { RewriteRule, type RuleOutcome } from './rewrite-rule.ts';
import { textReply } from './text-reply.ts';

type Instruction = (request: SiteRequest) => RuleOutcome;

/** The rewrite rules of a server or a location, in their order. Gives an answer where one of them ends the request. */
export class Script {
  readonly #instructions: readonly Instruction[];

  /** `compileBlock` makes the location of an `if` block with settings of its own. Throws PlanError. */
  constructor(rules: readonly Rule[], context: CompileContext, compileBlock: (settings: Settings) => Location) {
    this.#instructions = rules.map((rule) => compileRule(rule, context, compileBlock));
  }

  get isEmpty(): boolean {
    return this.#instructions.length === 0;
  }

  run(request: SiteRequest): SiteOutcome | undefined {
    const outcome = this.#run(request);
    return outcome === 'stop' ? undefined : outcome;
  }

  /** As `run`, inside of an `if`. */
  runInside(request: SiteRequest): RuleOutcome {
    return this.#run(request);
  }

  #run(request: SiteRequest): RuleOutcome {
    for (const instruction of this.#instructions) {
      const outcome = instruction(request);
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }
}

function compileRule(rule: Rule, context: CompileContext, compileBlock: (settings: Settings) => Location): Instruction {
  switch (rule.kind) {
    case 'set': {
      const set = context.setter(rule.variable);
      const value = context.template(rule.value);
      return (request) => {
        set(request, value.evaluate(request));
        return undefined;
      };
    }
    case 'rewrite': {
      const rewrite = new RewriteRule(rule, context);
      return (request) => rewrite.run(request);
    }
    case 'return':
      return compileReturn(rule, context);
    case 'break':
      return (request) => {
        if (request.isUriChanged) request.isPrefixGone = true;
        request.isUriChanged = false;
        return 'stop';
      };
    case 'if': {
      const holds = compileCondition(rule.condition, context);
      const script = new Script(rule.rules, context, compileBlock);
      const location = rule.settings && compileBlock(rule.settings);
      return (request) => {
        if (!holds(request)) return undefined;
        if (location) request.location = location;
        return script.runInside(request);
      };
    }
  }
}

/** What a rule answers, or content. Throws PlanError. */
export function compileReturn(
  { status, text, type }: Omit<Extract<Content, { kind: 'return' }>, 'kind'>,
  context: CompileContext,
): (request: SiteRequest) => SiteOutcome {
  if (redirectStatuses.has(status)) {
    // Two slashes name a host. What the config says is meant; what a request makes of it is not (locationField).
    const template = context.template(text?.startsWith('//') ? `$scheme:${text}` : (text ?? ''));
    return (request) => ({ kind: 'status', status, location: template.evaluate(request) });
  }
  const template = text === undefined ? undefined : context.template(text);
  if (!template && status >= 400) return () => statusOutcome(status);
  const constant = template ? template.constant : '';
  const bytes = constant === undefined ? undefined : Buffer.from(constant, 'latin1');
  return (request) =>
    textReply(request, status, bytes ?? Buffer.from(template?.evaluate(request) ?? '', 'latin1'), type);
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
