import { codeOnly } from './code-only.ts';
import { importsOf } from './imports.ts';
import { problemAt, problemsAt, type Rule } from './source-file.ts';

const pureFolders = /^src\/(?:protocol|http|core)\//;

/** What reaches sockets, files, timers, the clock or chance; as a word of its own, not as a member or a key. */
const impure =
  /(?<![.\w$#])(?:process|performance|console|fetch|setTimeout|setInterval|setImmediate|queueMicrotask|Date\.now|Math\.random|crypto)\b(?!\s*\??:)|\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())|(?<![.\w$#])Date\s*\(\s*\)/g;

/** protocol/, http/ and core/ compute and do nothing else; their tests may do more. */
export const purity: Rule = (file) => {
  if (!pureFolders.test(file.path) || file.path.endsWith('.test.ts')) return [];
  const imports = importsOf(file)
    .filter(({ specifier }) => !specifier.startsWith('.'))
    .map(({ specifier, offset }) => problemAt(file, offset, `a pure folder may not import "${specifier}"`));
  return [...imports, ...problemsAt(file, codeOnly(file.text), impure, 'not allowed in a pure folder')];
};
