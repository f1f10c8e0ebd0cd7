import { closestName } from '../../core/closest-name.ts';
import { PlanError } from '../../site/compile-context.ts';
import { compilePattern } from '../../site/pattern/compile-pattern.ts';
import { parseTemplate } from '../../site/variables/parse-template.ts';
import { isKnownVariable, isWritableVariable } from '../../site/variables/variable-table.ts';
import type { UserConfig } from '../schema/user-config.ts';
import type { ConfigPath, ConfigProblem } from './conversion.ts';
import { type Found, keysOf, nodesOf } from './places.ts';

/** Options in which a `$` means nothing, or that are read elsewhere. */
const plain: ReadonlySet<string | number> = new Set(
  '$schema apps caches issuers tls process listen hosts path pattern peers rewrite matches types defaultType methods connection realIp origins referers proxies resolver disable allow deny hide pass ignore on useStale purge folder tempFolder'.split(
    ' ',
  ),
);

/** The patterns and variables of a config that are none. */
export function checkTexts(user: UserConfig): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const tell = (path: ConfigPath, message: string, hint?: string): void => {
    problems.push({ severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) });
  };
  const defined = new Set(Object.keys(user.variables ?? {}).map((name) => name.toLowerCase()));
  const define = (path: ConfigPath, name: string): void => {
    if (isWritableVariable(name)) defined.add(name.toLowerCase());
    else tell(path, `Cannot set "$${name}": it is Galley's own`);
  };

  for (const { path, value, isName = false } of patternsOf(user)) {
    try {
      for (const name of compilePattern(value.source, value.ignoreCase).names) defined.add(name.toLowerCase());
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      // The words before are nginx's.
      const message = error.message.replace(/^pcre2_compile\(\) failed/, 'Cannot use this pattern');
      problems.push({ severity: 'error', path, message, isName });
    }
  }
  for (const { path, value } of textsOf(user, [], () => true)) if (path.at(-1) === 'set') define(path, value);
  for (const { path, value } of nodesOf(user, [])) {
    if (path.at(-1) !== 'set' || typeof value !== 'object') continue;
    for (const name of Object.keys(value)) define([...path, name], name);
  }

  for (const { path, value } of textsOf(user, [], (key) => !plain.has(key))) {
    if (value.includes('$') && path.at(-1) !== 'set' && !isGeoEntry(user, path))
      checkTemplate(value, path, defined, tell);
  }
  return problems;
}

function checkTemplate(
  text: string,
  path: ConfigPath,
  defined: ReadonlySet<string>,
  tell: (path: ConfigPath, message: string, hint?: string) => void,
): void {
  try {
    for (const part of parseTemplate(text)) {
      if (part.kind !== 'variable' || defined.has(part.name.toLowerCase()) || isKnownVariable(part.name)) continue;
      const close = closestName(part.name.toLowerCase(), [...defined]);
      tell(path, `There is no variable "$${part.name}"`, close && `did you mean "$${close}"?`);
    }
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    tell(path, `Cannot use "${text}": ${error.message}`);
  }
}

/** Values of geo and split variables are texts as they are. */
function isGeoEntry(user: UserConfig, path: ConfigPath): boolean {
  const [first, name = '', part] = path;
  const variable = first === 'variables' ? user.variables?.[name] : undefined;
  return variable !== undefined && !('map' in variable) && (part === 'entries' || part === 'parts');
}

function* textsOf(
  value: unknown,
  path: ConfigPath,
  isWanted: (key: string | number) => boolean,
): Generator<Found<string>> {
  for (const node of nodesOf(value, path)) {
    if (typeof node.value === 'string' && node.path.every(isWanted)) yield { path: node.path, value: node.value };
  }
}

/** What is looked at of conditions and replacements. */
interface Condition {
  readonly matches?: string;
  readonly pattern?: string;
  readonly ignoreCase?: boolean;
}

interface PatternSource {
  readonly source: string;
  readonly ignoreCase: boolean;
}

function* patternsOf(user: UserConfig): Generator<Found<PatternSource> & { readonly isName?: boolean }> {
  for (const [name, variable] of Object.entries(user.variables ?? {})) {
    if (!('map' in variable)) continue;
    for (const { path, value, isName } of keysOf(name, variable.entries)) {
      const pattern = marked(value);
      if (pattern) yield { path, value: pattern, isName };
    }
  }
  for (const { path, value } of nodesOf({ defaults: user.defaults, servers: user.servers }, [])) {
    const [name, parent] = [path.at(-1), path.at(-2)];
    if (typeof value === 'string') {
      const pattern =
        name === 'path' ? marked(value.replace(/^(~\*?) /, '$1')) : parent === 'hosts' ? marked(value) : undefined;
      if (pattern) yield { path, value: pattern };
      if (name === 'rewrite' || parent === 'disable')
        yield { path, value: { source: value, ignoreCase: parent === 'disable' } };
    } else {
      const name = (['matches', 'pattern'] as const).find((each) => typeof (value as Condition)[each] === 'string');
      const { ignoreCase = false } = value as Condition;
      if (name) yield { path: [...path, name], value: { source: (value as Condition)[name] ?? '', ignoreCase } };
    }
  }
}

/** `~pattern`, or `~*pattern` whatever the case. */
function marked(text: string): PatternSource | undefined {
  if (!text.startsWith('~')) return undefined;
  const ignoreCase = text.startsWith('~*');
  return { source: text.slice(ignoreCase ? 2 : 1), ignoreCase };
}
