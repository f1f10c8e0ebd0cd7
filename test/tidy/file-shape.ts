import { codeOnly } from './code-only.ts';
import { problemsAt, type Rule } from './source-file.ts';

const mostLines = 500;

/** One thing a file: at most 500 lines. */
export const fileLength: Rule = ({ path, text }) => {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return lines > mostLines ? [`${path}:${lines}: ${lines} lines; at most ${mostLines}, split it`] : [];
};

/** Files and folders are named in kebab-case, those of Python in snake_case. */
export const fileNames: Rule = ({ path }) => {
  const name = path.endsWith('.py')
    ? /^[a-z_][a-z0-9_]*(?:\.py)?$/
    : /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.d)?(?:\.[jt]s)?$/;
  // A file of Python may lie below folders of either kind.
  const parts = path.endsWith('.py') ? path.split('/').slice(-1) : path.split('/');
  const wrong = parts.find((part) => !name.test(part));
  return wrong === undefined
    ? []
    : [`${path}:1: "${wrong}" is not ${path.endsWith('.py') ? 'snake_case' : 'kebab-case'}`];
};

/** A name that is exported is the same everywhere it is imported. */
export const noDefaultExport: Rule = (file) => {
  if (file.path.endsWith('.py')) return [];
  return problemsAt(file, codeOnly(file.text), /\bexport\s+default\b|\bas\s+default\b/g, 'no default exports');
};

/** Only the command line writes to the console; everything else logs. */
export const noConsole: Rule = (file) => {
  if (!file.path.startsWith('src/') || file.path.startsWith('src/cli/')) return [];
  return problemsAt(file, codeOnly(file.text), /(?<![.\w$])console\.\w+/g, 'write to the log instead');
};
