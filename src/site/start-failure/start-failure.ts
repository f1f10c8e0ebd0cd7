import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { isOwnSource } from '../../app/own-source.ts';
import { AppStartError } from '../../app/start-error.ts';
import { type Frame, parseTraceback } from './traceback.ts';

const linesAround = 4;

/** Lines of a source file. */
export interface SourceExcerpt extends Frame {
  /** The number of the first line shown. */
  readonly firstLine: number;
  readonly lines: readonly string[];
}

/** Why an app cannot start, for a person to read. */
export interface StartFailure {
  /** Tells this failure from all others, those of another Galley too. */
  readonly id: string;
  /** The exception, or else the message. */
  readonly title: string;
  /** One sentence that says what failed. */
  readonly message: string;
  readonly traceback: string;
  /** The innermost place in the app's own code that the traceback names. */
  readonly place: SourceExcerpt | undefined;
}

/** What can be said of a failure. Reads the source file that it names below `directory`, the app's folder. */
export function describeStartFailure(error: Error, directory: string): StartFailure {
  const traceback = error instanceof AppStartError ? error.traceback.trimEnd() : '';
  const { exception, frames } = parseTraceback(traceback);
  const own = frames.findLast(({ file }) => isOwnSource(relative(directory, file)));
  return {
    id: randomUUID(),
    title: exception ?? error.message,
    message: error.message,
    traceback,
    place: own && excerptAt(own),
  };
}

function excerptAt({ file, line }: Frame): SourceExcerpt | undefined {
  try {
    const all = readFileSync(file, 'utf8').split('\n');
    const firstLine = Math.max(1, line - linesAround);
    return { file, line, firstLine, lines: all.slice(firstLine - 1, line + linesAround) };
  } catch {
    return undefined; // the file was deleted meanwhile
  }
}
