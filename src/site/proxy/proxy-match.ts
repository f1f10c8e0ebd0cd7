import type { ProxyMatch } from '../../plan/proxy-plan.ts';
import type { Template } from '../../plan/site-plan.ts';
import type { CompileContext } from '../compile-context.ts';
import { compileMatcher } from '../pattern/matcher.ts';
import type { SiteRequest } from '../site-request.ts';

/** What becomes of a text by a rule; undefined where the rule is not for it. */
export type TextRule = (request: SiteRequest, text: string) => string | undefined;

/** How a rule's text is compared: with the beginning, which is replaced, or with all of it but a dot in front, which stays, as names of domains are. */
type Comparison = 'prefix' | 'domain';

/** A rule that replaces what it matches. Throws PlanError. */
export function compileTextRule(from: ProxyMatch, to: Template, how: Comparison, context: CompileContext): TextRule {
  const replacement = context.template(to);
  if (from.kind === 'pattern') {
    const matcher = compileMatcher(context, from.pattern, from.ignoreCase);
    return (request, text) => (matcher.match(request, text) ? replacement.evaluate(request) : undefined);
  }
  const wanted = context.template(from.text);
  if (how === 'domain') {
    return (request, text) => {
      if (withoutDot(text).toLowerCase() !== withoutDot(wanted.evaluate(request)).toLowerCase()) return undefined;
      return `${text.startsWith('.') ? '.' : ''}${withoutDot(replacement.evaluate(request))}`;
    };
  }
  const { ignoreCase } = from;
  return (request, text) => {
    const prefix = wanted.evaluate(request);
    const isThere = ignoreCase ? text.toLowerCase().startsWith(prefix.toLowerCase()) : text.startsWith(prefix);
    return isThere ? replacement.evaluate(request) + text.slice(prefix.length) : undefined;
  };
}

/** Whether a match is for a name; see {@link compileTextRule}. Throws PlanError. */
export function compileNameMatch(
  name: ProxyMatch,
  context: CompileContext,
): (request: SiteRequest, name: string) => boolean {
  if (name.kind === 'pattern') {
    const matcher = compileMatcher(context, name.pattern, name.ignoreCase);
    return (request, text) => matcher.match(request, text);
  }
  const wanted = context.template(name.text);
  return (request, text) => text.toLowerCase() === wanted.evaluate(request).toLowerCase();
}

/** What the first rule that is for a text makes of it. */
export function applyFirst(rules: readonly TextRule[], request: SiteRequest, text: string): string | undefined {
  for (const rule of rules) {
    const made = rule(request, text);
    if (made !== undefined) return made;
  }
  return undefined;
}

function withoutDot(domain: string): string {
  return domain.startsWith('.') ? domain.slice(1) : domain;
}
