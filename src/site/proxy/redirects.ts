import type { ProxyRedirect, ProxyTarget } from '../../plan/proxy-plan.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import { applyFirst, compileTextRule, type TextRule } from './proxy-match.ts';

/** What becomes of the URL that a peer sends clients to, before it is escaped; undefined where it stays. */
export type ChangeRedirect = (request: SiteRequest, url: string) => string | undefined;

/** nginx's `proxy_redirect`. `prefix`: the location's path, latin-1. Undefined where no URL is changed. Throws PlanError. */
export function compileRedirects(
  rules: readonly ProxyRedirect[],
  target: ProxyTarget,
  prefix: string,
  context: CompileContext,
): ChangeRedirect | undefined {
  const compiled = rules
    .map((rule) =>
      rule.kind === 'default' ? defaultRule(target, prefix) : compileTextRule(rule.from, rule.to, 'prefix', context),
    )
    .filter((rule) => rule !== undefined);
  if (compiled.length === 0) return undefined;
  return (request, url) => applyFirst(compiled, request, url);
}

/** From the target to the location. A target with variables has none, as in nginx. */
function defaultRule(target: ProxyTarget, prefix: string): TextRule | undefined {
  if (target.kind === 'template') return undefined;
  const { scheme, host, uri } = target;
  const url = `${scheme}://${host}`;
  const from = uri === undefined ? `${url}/` : `${url}${uri}`;
  const to = uri === undefined ? '/' : prefix;
  return (_, text) => (text.startsWith(from) ? to + text.slice(from.length) : undefined);
}
