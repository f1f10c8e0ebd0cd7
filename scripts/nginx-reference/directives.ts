import type { DirectiveRule } from '../../src/config/nginx/syntax/directives/rule.ts';
import { directiveRules, rulesByName } from '../../src/config/nginx/syntax/directives/table.ts';

/** docs/nginx-directives.md, made of the table of directives. */
export function directivesPage(): string {
  const names = [...rulesByName.keys()].sort();
  const of = (kind: DirectiveRule['support']['kind']): string[] =>
    names.filter((name) => rulesByName.get(name)?.[0]?.support.kind === kind);
  const galleys = new Set(directiveRules.filter(({ contexts }) => contexts.includes('app')).map(({ name }) => name));
  const served = of('full').filter((name) => !galleys.has(name));
  return `# Directives of nginx.conf

Made by \`npm run nginx-reference\` of the table that Galley reads configs by. What all of it means stands in
[nginx.md](nginx.md).

## Do what they do in nginx (${served.length})

${served.map((name) => `\`${name}\``).join(', ')}

## Accepted, and change nothing (${of('ignored').length})

${grouped(of('ignored'), ({ support }) => (support.kind === 'ignored' ? support.reason : ''))}

## Not yet (${of('later').length})

Errors that name the file and the line; warnings with \`--lenient\`.

${grouped(of('later'), ({ support }) => (support.kind === 'later' ? support.feature : ''))}

## Never (${of('never').length})

${grouped(of('never'), ({ support }) => (support.kind === 'never' ? support.reason : ''))}
`;
}

/** A table of reasons and the directives that each is for. */
function grouped(names: readonly string[], reasonOf: (rule: DirectiveRule) => string): string {
  const groups = Map.groupBy(names, (name) => {
    const [rule] = rulesByName.get(name) ?? [];
    return rule ? reasonOf(rule) : '';
  });
  const lines = [...groups].map(
    ([reason, each]) => `| ${reason.replaceAll('|', '\\|')} | ${each.map((name) => `\`${name}\``).join(', ')} |`,
  );
  return ['| Why | Directives |', '|---|---|', ...lines].join('\n');
}
