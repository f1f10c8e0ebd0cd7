import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file as the rules see it. */
export interface SourceFile {
  /** From the root of the checkout, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Finds what a rule forbids; each problem is `path:line: what is wrong`. */
export type Rule = (file: SourceFile) => readonly string[];

const root = fileURLToPath(new URL('../..', import.meta.url));
const patterns: readonly string[] = [
  '{src,test,bench,examples,scripts}/**/*.{ts,js,py}',
  'bin/*.js',
  'workers/**/*.{ts,js,py}',
];

/** Every source file of the checkout. */
export function readSourceFiles(): readonly SourceFile[] {
  const paths = globSync([...patterns], { cwd: root, exclude: ['**/node_modules/**', '**/__pycache__/**'] });
  return paths.sort().map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') }));
}

/** A problem at an offset of the text. */
export function problemAt(file: SourceFile, offset: number, message: string): string {
  return `${file.path}:${file.text.slice(0, offset).split('\n').length}: ${message}`;
}

/** A problem at every match; the expression has the flag `g`. `text` is the file's own or one with the same offsets. */
export function problemsAt(file: SourceFile, text: string, expression: RegExp, message: string): readonly string[] {
  return Array.from(text.matchAll(expression), (match) =>
    problemAt(file, match.index, `${message}: ${match[0].trim()}`),
  );
}
