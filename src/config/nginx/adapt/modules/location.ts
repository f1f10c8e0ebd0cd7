import type { LocationMatch } from '../../../../plan/location-plan.ts';
import type { LocationConfig, RuleConfig } from '../../../config.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handlers, texts } from '../handlers.ts';
import { Scope } from '../scope.ts';
import { blockWithGrpc } from './grpc.ts';

/** nginx's `location`, `limit_except` and `internal`. */
export const locationHandlers: Handlers = {
  location: (directive, outer, adaptation) => {
    const match = readMatch(directive, adaptation);
    if (match === undefined) return;
    const isNew = checkPlace(match, outer, directive, adaptation);
    const scope = new Scope(outer, { match });
    adaptation.run(directive.block ?? [], scope);
    checkAlias(scope, adaptation);
    // What would have answered was left out: its place must not be taken by files.
    const isGone = scope.block.content === undefined && directive.dropped?.some(({ isContent }) => isContent);
    const rules = withBlocks(scope);
    const location: LocationConfig = {
      ...blockWithGrpc(scope, adaptation),
      match,
      rules: isGone ? [...rules, { kind: 'return', status: 501, text: undefined }] : rules,
      locations: scope.locations,
    };
    if (isNew) outer.locations.push(location);
  },
  internal: (_directive, scope) => scope.set({ internal: true }),
  limit_except: (directive, outer, adaptation) => {
    const unknown = directive.args.filter(({ text }) => !methods.has(text.toUpperCase()));
    for (const each of unknown) adaptation.error(each, `invalid method "${each.text}"`);
    const scope = new Scope(outer);
    adaptation.run(directive.block ?? [], scope);
    const { access = [], basicAuth, accessLogs, content } = scope.block;
    if (accessLogs !== undefined || content !== undefined) {
      const name = content === undefined ? 'access_log' : content.kind === 'proxy' ? 'proxy_pass' : 'app_pass';
      adaptation.unsupported(directive, `Galley does not have "${name}" inside of "limit_except" yet`);
    }
    // Who would have answered is not there: nobody else must.
    const isGone = content !== undefined || directive.dropped?.some(({ isContent }) => isContent);
    const realm = basicAuth && (basicAuth.realm ?? outer.inherited('basicAuth')?.realm);
    const userFile = basicAuth?.userFile ?? outer.inherited('basicAuth')?.userFile ?? '';
    outer.set({
      limitExcept: {
        methods: [...new Set(texts(directive).map((method) => method.toUpperCase()))],
        access: isGone ? [{ allow: false, network: 'all' }] : access,
        basicAuth: typeof realm === 'string' ? { realm, userFile } : realm,
      },
    });
  },
};

/**
 * In nginx each `if` of a location is a location in place of that one: it has neither its `try_files` nor what an `if` before it says. Where
 * there is nothing of the kind, an `if` without settings changes nothing.
 */
function withBlocks({ rules, block }: Scope): readonly RuleConfig[] {
  const matters = block.tryFiles !== undefined || rules.some((rule) => rule.kind === 'if' && rule.block !== undefined);
  return matters ? rules.map((rule) => (rule.kind === 'if' ? { ...rule, block: rule.block ?? {} } : rule)) : rules;
}

/** What nginx knows as methods here. */
const methods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'MKCOL',
  'COPY',
  'MOVE',
  'OPTIONS',
  'PROPFIND',
  'PROPPATCH',
  'LOCK',
  'UNLOCK',
  'PATCH',
]);

function readMatch(directive: Directive, adaptation: Adaptation): LocationMatch | undefined {
  const first = argument(directive, 0);
  if (directive.args.length === 2) return matchOf(first.text, argument(directive, 1), first, adaptation);
  const modifier = /^(?:=|\^~|~\*|~)/.exec(first.text)?.[0] ?? '';
  return matchOf(modifier, { ...first, text: first.text.slice(modifier.length) }, first, adaptation);
}

function matchOf(modifier: string, path: Argument, place: Argument, adaptation: Adaptation): LocationMatch | undefined {
  const { text } = path;
  switch (modifier) {
    case '':
      return text.startsWith('@') ? { kind: 'named', name: text } : { kind: 'prefix', path: text, isFinal: false };
    case '=':
      return { kind: 'exact', path: text };
    case '^~':
      return { kind: 'prefix', path: text, isFinal: true };
    case '~':
    case '~*': {
      const ignoreCase = modifier === '~*';
      return { kind: 'regex', pattern: adaptation.pattern(text, ignoreCase, path), ignoreCase };
    }
    default:
      adaptation.error(place, `invalid location modifier "${modifier}"`);
      return undefined;
  }
}

/** A location's name in nginx's messages. */
function nameOf(match: LocationMatch): string {
  switch (match.kind) {
    case 'named':
      return match.name;
    case 'regex':
      return match.pattern;
    default:
      return match.path;
  }
}

/** Whether there is none like it yet. */
function checkPlace(match: LocationMatch, outer: Scope, place: Directive, adaptation: Adaptation): boolean {
  const name = nameOf(match);
  const around = outer.match;
  if (around) {
    const aroundName = nameOf(around);
    if (around.kind === 'exact' || around.kind === 'named') {
      adaptation.error(place, `location "${name}" cannot be inside the ${around.kind} location "${aroundName}"`);
    } else if (match.kind === 'named') {
      adaptation.error(place, `named location "${name}" can be on the server level only`);
    } else if (match.kind !== 'regex' && !name.startsWith(aroundName)) {
      adaptation.error(place, `location "${name}" is outside location "${aroundName}"`);
    }
  }
  const kind = match.kind === 'regex' ? undefined : match.kind;
  if (!kind || outer.locations.every((other) => other.match.kind !== kind || nameOf(other.match) !== name)) return true;
  // nginx takes the first of two named ones without a word.
  if (kind === 'named') adaptation.warn(place, `duplicate location "${name}", ignored`);
  else adaptation.error(place, `duplicate location "${name}"`);
  return false;
}

/** `location /a { alias /b/; }`: `/a../secret` would be `/b/../secret`. nginx serves it; here it is refused. */
function checkAlias({ match, block, said }: Scope, adaptation: Adaptation): void {
  const at = said.get('alias');
  if (match?.kind !== 'prefix' || !block.root?.isAlias || !at) return;
  const { path } = match;
  const { path: alias } = block.root;
  if (!path.endsWith('/') && alias.endsWith('/')) {
    const message = `"alias" that ends with "/" in location "${path}" lets requests out of "${alias}"`;
    adaptation.error({ at }, message, `write location "${path}/", or the alias without its last "/"`);
  } else if (path.endsWith('/') && !alias.endsWith('/') && !/\$\w+$/.test(alias)) {
    const message = `"alias" without "/" at its end in location "${path}" serves all that begins with "${alias}"`;
    adaptation.warn({ at }, message, `write "${alias}/"`);
  }
}
