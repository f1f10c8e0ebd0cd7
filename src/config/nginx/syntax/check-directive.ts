import { closestName } from '../../../core/closest-name.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import type { Context, DirectiveRule } from './directives/rule.ts';
import { rulesByName } from './directives/table.ts';
import type { DirectiveStatement } from './lexer.ts';
import { type Details, diagnosticAt } from './source.ts';
import type { Argument, Position } from './tree.ts';

/** What a directive turned out to be. */
export interface Checked {
  /** Where it may not stand there, the rule that is probably meant; undefined where there is none. */
  readonly rule: DirectiveRule | undefined;
  readonly error: Diagnostic | undefined;
}

/**
 * Finds the rule of a directive and checks it in nginx's order (ngx_conf_handler): name, context, `;` or `{`, number of arguments,
 * then what setting it would complain of: a duplicate, a flag that is neither on nor off. `seen` gets the directive.
 */
export function checkDirective(
  statement: DirectiveStatement,
  name: Argument,
  context: Context,
  seen: Map<string, Position>,
): Checked {
  const rules = rulesByName.get(name.text);
  if (!rules) return { rule: undefined, error: unknownDirective(statement, name, context) };
  const rule = rules.find(({ contexts }) => contexts.includes(context));
  if (!rule) {
    const contexts = rules.flatMap((each) => each.contexts);
    const hint = `it may stand in ${listed([...new Set(contexts)].map((each) => contextNames[each]))}`;
    const message = `"${name.text}" directive is not allowed here`;
    const meant = rules.find(({ block }) => (block !== undefined) === statement.opensBlock);
    return { rule: meant, error: errorAt(statement, name, message, { hint }) };
  }
  const problem =
    endProblem(statement, name, rule) ??
    countProblem(statement, name, rule) ??
    valueProblem(statement, name, rule, seen);
  if (rule.isUnique && !seen.has(name.text)) seen.set(name.text, name.at);
  return { rule, error: problem };
}

/** `directive "include" is not terminated by ";"` and its like, which `include` may be guilty of as well. */
export function endProblem(
  statement: DirectiveStatement,
  name: Argument,
  { block }: Pick<DirectiveRule, 'block'>,
): Diagnostic | undefined {
  if (statement.opensBlock === (block !== undefined)) return undefined;
  return statement.opensBlock
    ? errorAt(statement, name, `directive "${name.text}" is not terminated by ";"`, { hint: 'it has no block' })
    : errorAt(statement, name, `directive "${name.text}" has no opening "{"`);
}

export function countProblem(
  statement: DirectiveStatement,
  name: Argument,
  { minArguments, maxArguments }: Pick<DirectiveRule, 'minArguments' | 'maxArguments'>,
): Diagnostic | undefined {
  const count = statement.words.length - 1;
  if (count >= minArguments && count <= maxArguments) return undefined;
  const hint =
    missingSemicolon(statement) ??
    `it takes ${countText(minArguments, maxArguments)}; there ${count === 1 ? 'is 1' : `are ${count}`}`;
  return errorAt(statement, name, `invalid number of arguments in "${name.text}" directive`, { hint });
}

function valueProblem(
  statement: DirectiveStatement,
  name: Argument,
  { isUnique, isFlag }: DirectiveRule,
  seen: ReadonlyMap<string, Position>,
): Diagnostic | undefined {
  const first = isUnique ? seen.get(name.text) : undefined;
  if (first) {
    const hint = `it is also in ${first.file}:${first.line}`;
    return errorAt(statement, name, `"${name.text}" directive is duplicate`, { hint });
  }
  const value = statement.words[1];
  if (!isFlag || !value || /^(?:on|off)$/i.test(value.text)) return undefined;
  const message = `invalid value "${value.text}" in "${name.text}" directive, it must be "on" or "off"`;
  return errorAt(statement, value, message);
}

/** A hint for what is left of a pattern after its brace has opened a block. */
export const quotedBraces = 'a pattern with "{" or "}" has to be quoted';

function unknownDirective(statement: DirectiveStatement, name: Argument, context: Context): Diagnostic {
  const here = Array.from(rulesByName.values()).flatMap((rules) => {
    return rules.filter(({ contexts }) => contexts.includes(context)).map((rule) => rule.name);
  });
  const meant = closestName(name.text, here) ?? closestName(name.text, Array.from(rulesByName.keys()));
  let hint = meant && `did you mean "${meant}"?`;
  if (/[{}]/.test(name.text)) hint = quotedBraces;
  if (name.text.startsWith('\ufeff')) hint = 'the file begins with a byte order mark; save it without';
  return errorAt(statement, name, `unknown directive "${name.text}"`, hint === undefined ? {} : { hint });
}

/** A diagnostic for a word of a statement. */
export function errorAt(
  statement: DirectiveStatement,
  word: Argument,
  message: string,
  details: Details = {},
): Diagnostic {
  const nginxLine = statement.endLine;
  return diagnosticAt(statement.source, word.at, message, { words: word.text, nginxLine, ...details });
}

/** Where a line of the statement begins with a directive's name, the line before it was probably to end with `;`. */
function missingSemicolon({ words }: DirectiveStatement): string | undefined {
  const index = words.findIndex((word, at) => {
    const before = words[at - 1];
    return before !== undefined && word.at.line > before.at.line && rulesByName.has(word.text);
  });
  const before = words[index - 1];
  return before && `a ";" seems to be missing after "${before.text}" of line ${before.at.line}`;
}

function countText(min: number, max: number): string {
  if (max === 0) return 'no arguments';
  if (min === max) return min === 1 ? '1 argument' : `${min} arguments`;
  return max === Number.POSITIVE_INFINITY ? `${min} or more arguments` : `${min} to ${max} arguments`;
}

const contextNames: Readonly<Record<Context, string>> = {
  main: 'the file itself, outside of blocks',
  events: 'events',
  http: 'http',
  server: 'server',
  location: 'location',
  'server-if': '"if" of a server',
  'location-if': '"if" of a location',
  limit_except: 'limit_except',
  upstream: 'upstream',
  app: 'app',
  acme_issuer: 'acme_issuer',
};

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} or ${last}`;
}
