import { codeOnly } from './code-only.ts';
import type { SourceFile } from './source-file.ts';

export interface Import {
  /** What is imported, as it is written. */
  readonly specifier: string;
  readonly offset: number;
}

/** The imports of a TypeScript file: static, dynamic, of types, and exports from elsewhere. */
export function importsOf(file: SourceFile): readonly Import[] {
  const matches = codeOnly(file.text).matchAll(/(?<![.\w$#])(?:from|import\s*\(?)\s*(['"])( *)\1/g);
  return Array.from(matches, (match) => {
    const offset = match.index + match[0].length - 1 - (match[2] ?? '').length;
    return { specifier: file.text.slice(offset, offset + (match[2] ?? '').length), offset };
  });
}
