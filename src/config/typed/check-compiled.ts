import type { LocationPlan, Rule } from '../../plan/location-plan.ts';
import type { Settings } from '../../plan/settings.ts';
import type { ServerPlan, SitePlan } from '../../plan/site-plan.ts';
import type { VariablePlan } from '../../plan/variable-plan.ts';
import { PlanError } from '../../site/compile-context.ts';
import { ConnectionProfiles } from '../../site/proxy/connection-profiles.ts';
import { compileCookies } from '../../site/proxy/cookies.ts';
import { compileFields } from '../../site/proxy/request-fields.ts';
import { createAddition } from '../../site/reply/addition.ts';
import { createCharset } from '../../site/reply/charset.ts';
import { createExpires } from '../../site/reply/expires.ts';
import { createAddedFields, createAddedTrailers, createServerHeader } from '../../site/reply/headers.ts';
import { VariableTable } from '../../site/variables/variable-table.ts';
import { planProblem } from '../plan-problem.ts';
import type { UserConfig } from '../schema/user-config.ts';
import type { ConfigPath, ConfigProblem } from './conversion.ts';
import { valueAt } from './places.ts';

/** What would show only when the plan of a config is compiled: with its place where that is known, once where it is inherited. */
export function checkCompiled(user: UserConfig, plan: SitePlan): readonly ConfigProblem[] {
  const table = compiled(() => new VariableTable(plan));
  if (!(table instanceof VariableTable)) {
    const wrong = plan.variables.find((each) => isWrong(each, plan, table));
    const path = wrong === undefined ? ['variables'] : ['variables', wrong.variable];
    return [{ severity: 'error', path, message: table }];
  }
  const problems: ConfigProblem[] = [];
  const checkSettings = (settings: Settings, path: ConfigPath): void => {
    for (const [options, compile] of parts) {
      const problem = compiled(() => compile(settings, table));
      if (typeof problem !== 'string' || problems.some(({ message }) => message === problem)) continue;
      const places = [path, ['defaults']].flatMap((level) => options.map((option) => [...level, option]));
      const said = places.find((place) => valueAt(user, place) !== undefined);
      problems.push({ severity: 'error', path: said ?? path, message: problem });
    }
  };
  // Which rule it is is not told: there may be more of them than the config says.
  const checkRules = (rules: readonly Rule[], path: ConfigPath): void => {
    for (const rule of rules) {
      if (rule.kind !== 'if') continue;
      if (rule.settings) checkSettings(rule.settings, path);
      checkRules(rule.rules, path);
    }
  };
  const check = ({ settings, rules, locations }: ServerPlan | LocationPlan, path: ConfigPath): void => {
    checkSettings(settings, path);
    checkRules(rules, [...path, 'rules']);
    for (const [index, location] of locations.entries()) check(location, [...path, 'locations', index]);
  };
  for (const [index, server] of plan.servers.entries()) check(server, ['servers', index]);
  const other = problems.length > 0 ? undefined : planProblem(plan);
  return other === undefined ? problems : [{ severity: 'error', path: [], message: other }];
}

/** By the options that say it. */
const parts: readonly (readonly [
  options: readonly string[],
  compile: (settings: Settings, table: VariableTable) => unknown,
])[] = [
  [['headers', 'securityHeaders', 'cors'], ({ headers }, table) => createAddedFields(headers, table)],
  [['trailers'], ({ trailers }, table) => createAddedTrailers(trailers, table)],
  [['serverHeader'], (settings) => createServerHeader(settings, '')],
  [['expires'], ({ expires }, table) => createExpires(expires, table)],
  [['charset'], ({ charset }, table) => createCharset(charset, table)],
  [
    ['proxy'],
    (settings, table) => {
      if (settings.content.kind !== 'proxy') return;
      compileFields(settings.proxy, table);
      compileCookies(settings.proxy, table);
      new ConnectionProfiles().get(settings, 'https');
    },
  ],
  [['addition'], ({ addition }, table) => createAddition(addition, table)],
];

function isWrong(variable: VariablePlan, { servers }: SitePlan, message: string): boolean {
  return compiled(() => new VariableTable({ servers, variables: [variable] })) === message;
}

/** What is made, or why it cannot be. */
function compiled<T>(compile: () => T): T | string {
  try {
    return compile();
  } catch (error) {
    if (error instanceof PlanError) return error.message;
    throw error;
  }
}
