import type { MapPlan } from '../../plan/variable-plan.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import { compileMatcher } from '../pattern/matcher.ts';
import { ServerNames } from '../routing/server-names.ts';
import type { SiteRequest } from '../site-request.ts';
import { asciiLowerCase, wireText } from './parse-template.ts';
import type { CompiledTemplate } from './template.ts';

/**
 * nginx `map`: exact texts first, with `hostnames` then the longest `*.x` and the longest `x.*`, then patterns in their order, of which none is for an empty text. A `\`
 * before a key keeps what follows from having a meaning. Throws PlanError.
 */
export function compileMap(plan: MapPlan, context: CompileContext): (request: SiteRequest) => string {
  const source = context.template(plan.source);
  const fallback = context.template(plan.fallback);
  const exact = new Map<string, CompiledTemplate>();
  const names = new ServerNames<CompiledTemplate>();
  const patterns = plan.entries
    .filter(({ key }) => key.startsWith('~'))
    .map(({ key, value }) => ({ matcher: keyMatcher(key, context), value: context.template(value) }));
  for (const { key, value } of plan.entries) {
    if (key.startsWith('~')) continue;
    const text = asciiLowerCase(wireText(key.startsWith('\\') ? key.slice(1) : key));
    if (plan.hostnames && /^\*?\.|\.\*$/.test(text)) {
      names.add(text, context.template(value), context);
      continue;
    }
    if (exact.has(text)) throw new PlanError(`conflicting parameter "${key}"`);
    exact.set(text, context.template(value));
  }
  return (request) => {
    const text = source.evaluate(request);
    const subject = plan.hostnames && text.endsWith('.') ? text.slice(0, -1) : text;
    const lower = asciiLowerCase(subject);
    const found = exact.get(lower) ?? (plan.hostnames ? names.find(lower)?.server : undefined);
    if (found) return found.evaluate(request);
    // As in nginx, which has the default for nothing.
    if (subject === '') return fallback.evaluate(request);
    for (const { matcher, value } of patterns) if (matcher.match(request, subject)) return value.evaluate(request);
    return fallback.evaluate(request);
  };
}

function keyMatcher(key: string, context: CompileContext): ReturnType<typeof compileMatcher> {
  const ignoreCase = key.startsWith('~*');
  return compileMatcher(context, key.slice(ignoreCase ? 2 : 1), ignoreCase);
}
