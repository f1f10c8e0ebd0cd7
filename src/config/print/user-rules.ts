import type { Condition } from '../../plan/location-plan.ts';
import type { AddedField } from '../../plan/settings.ts';
import type { RuleConfig } from '../config.ts';
import type { IfRule, Location, Rule } from '../schema/user-config.ts';
import { userSettings } from './user-settings.ts';

/** The rules of a server or location. `fields` are those that answers get there. */
export function userRules(rules: readonly RuleConfig[], fields: readonly AddedField[]): Pick<Location, 'rules'> {
  return rules.length > 0 ? { rules: rules.map((rule) => userRule(rule, fields)) } : {};
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
        ...userRules(rule.rules, inner),
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
