import type { ProxySettings } from '../../plan/proxy-plan.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import { applyFirst, compileNameMatch, compileTextRule } from './proxy-match.ts';

/** What becomes of a peer's `set-cookie`. */
export type ChangeCookie = (request: SiteRequest, cookie: string) => string;

/** nginx's `proxy_cookie_domain`, `_path` and `_flags`. Undefined where none are changed. Throws PlanError. */
export function compileCookies(
  { cookieDomains, cookiePaths, cookieFlags }: ProxySettings,
  context: CompileContext,
): ChangeCookie | undefined {
  if (cookieDomains.length + cookiePaths.length + cookieFlags.length === 0) return undefined;
  const domains = cookieDomains.map(({ from, to }) => compileTextRule(from, to, 'domain', context));
  const paths = cookiePaths.map(({ from, to }) => compileTextRule(from, to, 'prefix', context));
  const flags = cookieFlags.map(({ name, flags: changes }) => ({ isFor: compileNameMatch(name, context), changes }));
  return (request, cookie) => {
    const [pair = '', ...attributes] = cookie.split(';');
    const changed = attributes.map((attribute) => {
      const [, name = '', value] = /^\s*([^=]*?)\s*(?:=\s*(.*))?$/s.exec(attribute) ?? [];
      if (value === undefined) return attribute;
      const rules = name.toLowerCase() === 'domain' ? domains : name.toLowerCase() === 'path' ? paths : [];
      const made = applyFirst(rules, request, value);
      return made === undefined ? attribute : ` ${name}=${made}`;
    });
    const cookieName = pair.slice(0, pair.indexOf('=')).trim();
    const rule = flags.find(({ isFor }) => isFor(request, cookieName));
    return [pair, ...(rule ? withFlags(changed, rule.changes) : changed)].join(';');
  };
}

/** `secure`, `httponly`, `samesite=…` are set; with `no` in front they are removed. */
function withFlags(attributes: readonly string[], changes: readonly string[]): readonly string[] {
  let made = attributes;
  for (const change of changes) {
    const flag = change.toLowerCase();
    const isRemoval = flag.startsWith('no');
    const [name = ''] = (isRemoval ? flag.slice(2) : flag).split('=');
    const isOther = (attribute: string): boolean => attribute.trim().toLowerCase().split('=')[0]?.trim() !== name;
    if (isRemoval) made = made.filter(isOther);
    else if (made.every(isOther)) made = [...made, ` ${spelling(flag)}`];
    else made = made.map((attribute) => (isOther(attribute) ? attribute : ` ${spelling(flag)}`));
  }
  return made;
}

const spellings: Readonly<Record<string, string>> = {
  secure: 'Secure',
  httponly: 'HttpOnly',
  'samesite=strict': 'SameSite=Strict',
  'samesite=lax': 'SameSite=Lax',
  'samesite=none': 'SameSite=None',
};

function spelling(flag: string): string {
  return spellings[flag] ?? flag;
}
