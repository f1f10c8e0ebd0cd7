import type { Condition } from '../../site/plan/location-plan.ts';
import type { AddedField } from '../../site/plan/settings.ts';
import type { RuleConfig } from '../config.ts';
import type { IfRule, Location, Rule } from '../schema/user-config.ts';
import { userSettings } from './user-settings.ts';

type Rules = Pick<Location, 'rules' | 'redirect' | 'respond'>;

/** The rules of a server or location; a return at their end is what `redirect` or `respond` says. */
export function userRules(
  rules: readonly RuleConfig[],
  fields: readonly AddedField[],
  defaultType: string | undefined,
): Rules {
  const last = rules.at(-1);
  const answer = last?.kind === 'return' ? answerOf(last, defaultType) : undefined;
  const others = answer === undefined ? rules : rules.slice(0, -1);
  return { ...(others.length > 0 ? { rules: others.map((rule) => userRule(rule, fields)) } : {}), ...answer };
}

/** A text is what `respond` says only where the level has its media type. */
function answerOf(
  { status, text }: Extract<RuleConfig, { kind: 'return' }>,
  type: string | undefined,
): Rules | undefined {
  if (text === undefined) return { respond: status };
  if ([301, 302, 303, 307, 308].includes(status)) return { redirect: status === 302 ? text : { to: text, status } };
  if (type === undefined) return undefined;
  if (type !== 'text/plain') return { respond: { ...(status === 200 ? {} : { status }), text, type } };
  return { respond: status === 200 ? text : { status, text } };
}

function userRule(rule: RuleConfig, fields: readonly AddedField[]): Rule {
  switch (rule.kind) {
    case 'break':
      return 'break';
    case 'set':
      return { set: rule.variable, value: rule.value };
    case 'rewrite':
      return { rewrite: rule.pattern, to: rule.replacement, ...(rule.flag === 'none' ? {} : { flag: rule.flag }) };
    case 'return':
      return { return: rule.status, ...(rule.text === undefined ? {} : { text: rule.text }) };
    case 'if': {
      const inner = rule.block?.headers ?? fields;
      return {
        if: userCondition(rule.condition),
        ...(rule.rules.length > 0 ? { rules: rule.rules.map((each) => userRule(each, inner)) } : {}),
        ...(rule.block === undefined ? {} : { settings: userSettings(rule.block, fields) }),
      };
    }
  }
}

function userCondition(condition: Condition): IfRule['if'] {
  if (condition.kind === 'set') return { variable: condition.variable };
  const not = condition.isNegated ? { not: true } : {};
  switch (condition.kind) {
    case 'equals':
      return { variable: condition.variable, equals: condition.value, ...not };
    case 'matches': {
      const ignoreCase = condition.ignoreCase ? { ignoreCase: true } : {};
      return { variable: condition.variable, matches: condition.pattern, ...ignoreCase, ...not };
    }
    case 'file':
      return { file: condition.path, ...not };
    case 'directory':
      return { directory: condition.path, ...not };
    case 'exists':
      return { exists: condition.path, ...not };
    case 'executable':
      return { executable: condition.path, ...not };
  }
}
