import type { Diagnostic } from '../../diagnostic.ts';
import type { Position } from './tree.ts';

/** Where directives of `-g` stand. */
export const commandLine = 'command line';

/** One text of nginx's grammar: a file, or {@link commandLine}. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

export type Report = (diagnostic: Diagnostic) => void;

/** What of a diagnostic is told beside its message and place. */
export type Details = Omit<Diagnostic, 'severity' | 'message' | 'at'> & { readonly severity?: Diagnostic['severity'] };

/** A diagnostic for a place in the source; an error unless told otherwise. */
export function diagnosticAt(source: Source, at: Position, message: string, details: Details = {}): Diagnostic {
  const text = source.text.split('\n')[at.line - 1]?.replace(/\r$/, '') ?? '';
  return { severity: 'error', ...details, message, at: { ...at, text } };
}
