import type { ProxyMatch } from '../../../../plan/proxy-plan.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handler, type Handlers } from '../handlers.ts';
import type { Scope } from '../scope.ts';

/** What nginx's proxy module rewrites in answers: redirects and cookies. */
export const proxyRewriteHandlers: Handlers = {
  proxy_redirect: rewriting('redirects', (directive, scope, adaptation) => {
    const [from, to] = [argument(directive, 0), directive.args[1]];
    if (to) {
      const match = matchOf(from, undefined, adaptation);
      scope.appendToProxy('redirects', { kind: 'rule', from: match, to: adaptation.template(to.text, to) });
    } else if (from.text !== 'default') adaptation.error(from, `invalid parameter "${from.text}"`);
    else if (hasDefault(directive, scope, adaptation)) scope.appendToProxy('redirects', { kind: 'default' });
  }),
  proxy_cookie_domain: rewriting('cookieDomains', (directive, scope, adaptation) => {
    const rule = replacement(directive, true, adaptation);
    if (rule) scope.appendToProxy('cookieDomains', rule);
  }),
  proxy_cookie_path: rewriting('cookiePaths', (directive, scope, adaptation) => {
    const rule = replacement(directive, false, adaptation);
    if (rule) scope.appendToProxy('cookiePaths', rule);
  }),
  proxy_cookie_flags: rewriting('cookieFlags', (directive, scope, adaptation) => {
    const [name, ...flags] = directive.args;
    if (!name || flags.length === 0) {
      adaptation.error(argument(directive, 0), `invalid parameter "${name?.text}"`);
      return;
    }
    for (const each of flags.filter(({ text }) => !cookieFlags.has(text.toLowerCase()))) {
      // nginx looks at them for each answer, and logs those that are none.
      adaptation.error(each, `"${each.text}" is no flag of cookies`, `there are ${[...cookieFlags].join(', ')}`);
    }
    scope.appendToProxy('cookieFlags', {
      name: matchOf(name, true, adaptation),
      flags: flags.map(({ text }) => text.toLowerCase()),
    });
  }),
};

const cookieFlags: ReadonlySet<string> = new Set([
  'secure',
  'nosecure',
  'httponly',
  'nohttponly',
  'samesite=strict',
  'samesite=lax',
  'samesite=none',
  'nosamesite',
]);

/** `off` stands alone in its block. */
function rewriting(key: 'redirects' | 'cookieDomains' | 'cookiePaths' | 'cookieFlags', add: Handler): Handler {
  return (directive, scope, adaptation) => {
    const said = scope.block.proxy?.[key];
    const isOff = directive.args.length === 1 && argument(directive, 0).text === 'off';
    if (said?.length === 0 || (isOff && said)) {
      adaptation.error(directive, `"${directive.name}" directive is duplicate`);
    } else if (isOff) scope.set({ proxy: { [key]: [] } });
    else add(directive, scope, adaptation);
  };
}

/** Whether there is a URL that `proxy_redirect default` is from. */
function hasDefault(directive: Directive, { block }: Scope, adaptation: Adaptation): boolean {
  const target = block.content?.kind === 'proxy' ? block.content.target : undefined;
  if (target?.kind === 'upstream') return true;
  const message = target
    ? '"proxy_redirect default" cannot be used with "proxy_pass" directive with variables'
    : '"proxy_redirect default" should be placed after the "proxy_pass" directive';
  adaptation.error(directive, message);
  return false;
}

/** `isDomain`: case does not matter, nor does a dot in front. */
function replacement(
  { args }: Directive,
  isDomain: boolean,
  adaptation: Adaptation,
): { readonly from: ProxyMatch; readonly to: string } | undefined {
  const [from, to] = args;
  if (!from) return undefined;
  if (!to) return adaptation.error(from, `invalid parameter "${from.text}"`);
  const isPattern = from.text.startsWith('~');
  const bare = ({ text, ...place }: Argument): Argument => ({ ...place, text: text.replace(/^\./, '') });
  const isBare = isDomain && !isPattern;
  const [match, template] = isBare ? [bare(from), bare(to)] : [from, to];
  return {
    from: matchOf(match, isDomain || undefined, adaptation),
    to: adaptation.template(template.text, template),
  };
}

/** `ignoreCase`: undefined where only a pattern's `~*` says it. */
function matchOf(place: Argument, ignoreCase: boolean | undefined, adaptation: Adaptation): ProxyMatch {
  const { text } = place;
  if (!text.startsWith('~')) {
    return { kind: 'text', text: adaptation.template(text, place), ignoreCase: ignoreCase ?? false };
  }
  const saysIt = ignoreCase === undefined && text.startsWith('~*');
  const folds = ignoreCase ?? saysIt;
  // `~` alone is for all.
  const pattern = text.slice(saysIt ? 2 : 1) || '^';
  return { kind: 'pattern', pattern: adaptation.pattern(pattern, folds, place), ignoreCase: folds };
}
