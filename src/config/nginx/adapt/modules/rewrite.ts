import type { RewriteFlag } from '../../../../plan/location-plan.ts';
import { argument, type Handlers } from '../handlers.ts';
import { Scope } from '../scope.ts';
import { parseNumber } from '../values.ts';
import { readCondition } from './condition.ts';
import { blockWithGrpc } from './grpc.ts';

const flags: ReadonlySet<string> = new Set<RewriteFlag>(['last', 'break', 'redirect', 'permanent']);

/** nginx's rewrite module: rules stay in their order. */
export const rewriteHandlers: Handlers = {
  set: (directive, scope, adaptation) => {
    const [name, value] = [argument(directive, 0), argument(directive, 1)];
    const variable = adaptation.defineVariable(name.text, name);
    const template = adaptation.template(value.text, value);
    if (variable !== undefined) scope.rules.push({ kind: 'set', variable, value: template });
  },
  break: (_directive, scope) => {
    scope.rules.push({ kind: 'break' });
  },
  rewrite: (directive, scope, adaptation) => {
    const [pattern, replacement, flag] = [argument(directive, 0), argument(directive, 1), directive.args[2]];
    adaptation.pattern(pattern.text, false, pattern);
    if (replacement.text === '') adaptation.error(replacement, 'empty replacement');
    adaptation.template(replacement.text, replacement);
    if (flag && !flags.has(flag.text)) adaptation.error(flag, `invalid parameter "${flag.text}"`);
    scope.rules.push({
      kind: 'rewrite',
      pattern: pattern.text,
      replacement: replacement.text,
      flag: flag ? (flag.text as RewriteFlag) : 'none',
    });
  },
  return: (directive, scope, adaptation) => {
    const [first, text] = [argument(directive, 0), directive.args[1]];
    const status = parseNumber(first.text);
    // nginx sends any number, but what is below 200 is no end of an answer.
    if (status !== undefined && status >= 200 && status <= 999) {
      scope.rules.push({ kind: 'return', status, text: text && adaptation.template(text.text, text) });
    } else if (!text && /^(?:https?:\/\/|\$scheme)/.test(first.text)) {
      scope.rules.push({ kind: 'return', status: 302, text: adaptation.template(first.text, first) });
    } else adaptation.error(first, `invalid return code "${first.text}"`);
  },
  if: (directive, outer, adaptation) => {
    const condition = readCondition(directive, adaptation);
    const scope = new Scope(outer);
    adaptation.run(directive.block ?? [], scope);
    const isGone = scope.block.content === undefined && directive.dropped?.some(({ isContent }) => isContent);
    if (condition === undefined) return;
    outer.rules.push({
      kind: 'if',
      condition,
      rules: isGone ? [...scope.rules, { kind: 'return', status: 501, text: undefined }] : scope.rules,
      block: Object.keys(scope.block).length > 0 ? blockWithGrpc(scope, adaptation) : undefined,
    });
  },
};
