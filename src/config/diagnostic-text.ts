import { printable } from '../observe/log.ts';
import type { Diagnostic } from './diagnostic.ts';

/** A diagnostic for a terminal: place and message, the line of the source with a mark below what is meant, and the hint. */
export function diagnosticText({ severity, message, at, words = '', hint }: Diagnostic): string {
  const place = at && [at.file, at.line, at.column].filter((part) => part !== undefined).join(':');
  const lines = [`${place === undefined ? '' : `${printable(place)}: `}${severity}: ${printable(message)}`];
  const { text, column } = at ?? {};
  if (text !== undefined) {
    lines.push(`    ${shown(text)}`);
    if (column !== undefined) {
      const before = text.slice(0, column - 1);
      lines.push(
        `    ${' '.repeat(shown(before).length)}${'^'.repeat(Math.max(1, Math.min(words.length, text.length - before.length)))}`,
      );
    }
  }
  if (hint !== undefined) lines.push(`  ${printable(hint)}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** All of them, one after the other. */
export function diagnosticsText(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(diagnosticText).join('').trimEnd();
}

/** A line on which each character has a column. */
function shown(line: string): string {
  return printable(line.replaceAll('\t', ' '));
}
