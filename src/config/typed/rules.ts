import type { Condition, LocationMatch } from '../../plan/location-plan.ts';
import type { RuleConfig } from '../config.ts';
import type { IfRule, Rule } from '../schema/user-config.ts';
import { blockFields } from './block.ts';
import type { Conversion } from './conversion.ts';
import { type EffectiveFields, effectiveFields, hasFields, type Preflight } from './field-list.ts';

/** The rules of a server or location. */
export function rulesOf(
  rules: readonly Rule[],
  fields: EffectiveFields,
  conversion: Conversion,
): readonly RuleConfig[] {
  return rules.map((rule) => ruleOf(rule, fields, conversion));
}

/** Answers preflight requests of CORS. */
export function preflightRule({ variable, headers }: Preflight): RuleConfig {
  return {
    kind: 'if',
    condition: { kind: 'set', variable },
    rules: [{ kind: 'return', status: 204, text: undefined }],
    block: { headers },
  };
}

function ruleOf(rule: Rule, fields: EffectiveFields, conversion: Conversion): RuleConfig {
  if (rule === 'break') return { kind: 'break' };
  if ('set' in rule) return { kind: 'set', variable: rule.set, value: rule.value };
  if ('rewrite' in rule) {
    return { kind: 'rewrite', pattern: rule.rewrite, replacement: rule.to, flag: rule.flag ?? 'none' };
  }
  if ('return' in rule) return { kind: 'return', status: rule.return, text: rule.text };
  return ifRule(rule, fields, conversion);
}

function ifRule(
  { if: condition, rules = [], settings }: IfRule,
  outer: EffectiveFields,
  conversion: Conversion,
): RuleConfig {
  const fields = settings === undefined ? outer : effectiveFields(settings, outer, conversion);
  return {
    kind: 'if',
    condition: conditionOf(condition),
    rules: rulesOf(rules, fields, conversion),
    block: settings && {
      ...blockFields(settings, conversion),
      ...(hasFields(settings) ? { headers: fields.headers } : {}),
    },
  };
}

function conditionOf(condition: IfRule['if']): Condition {
  if ('variable' in condition) {
    const { variable } = condition;
    if ('equals' in condition) {
      return { kind: 'equals', variable, value: condition.equals, isNegated: condition.not ?? false };
    }
    if (!('matches' in condition)) return { kind: 'set', variable };
    const { matches: pattern, ignoreCase = false, not: isNegated = false } = condition;
    return { kind: 'matches', variable, pattern, ignoreCase, isNegated };
  }
  const isNegated = condition.not ?? false;
  if ('file' in condition) return { kind: 'file', path: condition.file, isNegated };
  if ('directory' in condition) return { kind: 'directory', path: condition.directory, isNegated };
  if ('exists' in condition) return { kind: 'exists', path: condition.exists, isNegated };
  return { kind: 'executable', path: condition.executable, isNegated };
}

/** What a location's `path` says, with nginx's modifiers. */
export function locationMatch(path: string): LocationMatch {
  const [, modifier, rest = path] = /^(=|\^~|~\*?) (.*)$/s.exec(path) ?? [];
  if (path.startsWith('@')) return { kind: 'named', name: path };
  if (modifier === '=') return { kind: 'exact', path: rest };
  if (modifier === '~' || modifier === '~*') return { kind: 'regex', pattern: rest, ignoreCase: modifier === '~*' };
  return { kind: 'prefix', path: rest, isFinal: modifier === '^~' };
}

/** The fields of {@link LocationMatch} as the text that {@link locationMatch} reads. */
export function locationPathText(match: LocationMatch): string {
  switch (match.kind) {
    case 'exact':
      return `= ${match.path}`;
    case 'prefix':
      return match.isFinal ? `^~ ${match.path}` : match.path;
    case 'regex':
      return `${match.ignoreCase ? '~*' : '~'} ${match.pattern}`;
    case 'named':
      return match.name;
  }
}

/** The root that `files` of a location is: its folder in place of the path. */
export function aliasOf(
  files: string,
  match: LocationMatch,
  conversion: Conversion,
): { readonly path: string; readonly isAlias: true } {
  const path = conversion.path(files);
  const isFolder = (match.kind === 'prefix' || match.kind === 'exact') && match.path.endsWith('/');
  return { path: isFolder && !path.endsWith('/') ? `${path}/` : path, isAlias: true };
}
