import type { ErrorPage, TryFiles } from '../../../../plan/settings.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, flag, type Handlers } from '../handlers.ts';
import { parseNumber } from '../values.ts';

/** What is left of nginx's core: error pages, try_files, redirects. */
export const httpCoreHandlers: Handlers = {
  absolute_redirect: flag((absoluteRedirects) => ({ absoluteRedirects })),
  port_in_redirect: flag((portInRedirects) => ({ portInRedirects })),
  server_name_in_redirect: flag((serverNameInRedirects) => ({ serverNameInRedirects })),
  recursive_error_pages: flag((recursiveErrorPages) => ({ recursiveErrorPages })),
  server_tokens: (directive, scope, adaptation) => {
    const { text } = argument(directive, 0);
    const kind = Object.hasOwn(serverTokens, text) ? serverTokens[text] : undefined;
    if (kind === undefined) adaptation.error(argument(directive, 0), `invalid value "${text}"`);
    else scope.set({ serverHeader: { kind } });
  },
  error_page: (directive, scope, adaptation) => {
    const page = readErrorPage(directive, adaptation);
    if (page) scope.append('errorPages', page);
  },
  try_files: (directive, scope, adaptation) => {
    const tryFiles = readTryFiles(directive, adaptation);
    if (tryFiles) scope.set({ tryFiles });
  },
};

const serverTokens: Readonly<Record<string, 'full' | 'name'>> = { on: 'full', build: 'full', off: 'name' };

function readErrorPage({ args }: Directive, adaptation: Adaptation): ErrorPage | undefined {
  const target = args.at(-1);
  const before = args.at(-2);
  if (!target || !before) return undefined;
  const hasStatus = before.text.startsWith('=') && args.length > 2;
  let status: ErrorPage['status'];
  if (hasStatus) {
    const number = before.text === '=' ? 0 : parseNumber(before.text.slice(1));
    if (number === undefined) return adaptation.error(before, `invalid value "${before.text}"`);
    // nginx sends any number, which need not be HTTP.
    if (number !== 0 && (number < 200 || number > 599)) {
      return adaptation.error(before, `value "${before.text}" must be between 200 and 599`);
    }
    status = number === 0 ? 'handler' : number;
  }
  const uri = adaptation.template(target.text, target);
  const statuses: number[] = [];
  for (const each of args.slice(0, hasStatus ? -2 : -1)) {
    const code = parseNumber(each.text);
    if (code === undefined || code === 499) adaptation.error(each, `invalid value "${each.text}"`);
    else if (code < 300 || code > 599) adaptation.error(each, `value "${each.text}" must be between 300 and 599`);
    else statuses.push(code);
  }
  return { statuses, status, target: uri };
}

function readTryFiles({ args }: Directive, adaptation: Adaptation): TryFiles | undefined {
  const last = args.at(-1);
  if (!last) return undefined;
  const candidates = args.slice(0, -1).map((each) => adaptation.template(each.text, each));
  const fallback = readFallback(last, adaptation);
  return fallback && { candidates, fallback };
}

function readFallback(last: Argument, adaptation: Adaptation): TryFiles['fallback'] | undefined {
  const { text } = last;
  if (text.startsWith('@')) return { kind: 'named', name: text };
  if (!text.startsWith('=')) return { kind: 'uri', uri: adaptation.template(text, last) };
  const status = parseNumber(text.slice(1));
  // nginx takes less than 200 too, and never answers then.
  if (status === undefined || status < 200 || status > 999) return adaptation.error(last, `invalid code "${text}"`);
  return { kind: 'status', status };
}
