import { problemAt, type Rule } from './source-file.ts';

const own = 'galley_worker';
/** Used where the app's environment has it, and not needed. */
const optional = 'uvloop';

/** What runs inside people's apps needs no package: the files of galley_worker import the standard library and each other. */
export function pythonImports(standardLibrary: ReadonlySet<string>): Rule {
  return (file) => {
    if (!file.path.startsWith(`workers/python/${own}/`) || !file.path.endsWith('.py')) return [];
    const statements = file.text.matchAll(/^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+(.+))/gm);
    return Array.from(statements).flatMap((statement) => {
      const [, from, imported = ''] = statement;
      const modules = from === undefined ? imported.replace(/#.*/, '').split(',') : [from];
      return modules
        .map((module) => module.trim().split(/[.\s]/)[0] ?? '')
        .filter((module) => module !== '' && module !== own && module !== optional && !standardLibrary.has(module))
        .map((module) => problemAt(file, statement.index, `"${module}" is not in the standard library`));
    });
  };
}
