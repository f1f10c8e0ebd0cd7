import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Diagnostic, DiagnosticPosition } from '../diagnostic.ts';
import type { Imported } from './import-config.ts';
import type { ConfigLocator } from './locate.ts';

type Failure = Extract<Imported, { kind: 'failed' }>;

/** Why a config could not be imported, with its place: in the file itself, or in one that it imports. */
export function importFailure(failure: Failure, file: string, text: string, locator: ConfigLocator): Diagnostic {
  const { message } = failure;
  return {
    severity: 'error',
    message: `Cannot load the config: ${message}`,
    at: syntaxPlace(failure) ?? placeInFile(failure, file, text, locator) ?? { file },
    ...(/^Expected ',', got/.test(message) ? { hint: 'is a comma, a bracket or a quote missing before it?' } : {}),
  };
}

/** Node puts the file and some lines before the error, with marks below the words that it is about. */
function syntaxPlace({ stack }: Failure): DiagnosticPosition | undefined {
  const [, file, line, text, before] =
    /^((?:file:\/\/)?\/.*):(\d+)\n(?:.*\n){0,4}?(.*)\n([ \t]*)\^+\n/.exec(stack) ?? [];
  if (file === undefined || text === undefined || before === undefined) return undefined;
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  return { file: path, line: Number(line), column: before.length + 1, text };
}

/** The first place of the stack that is in the file; for JSON that is none the one that the parser names; else the import that failed. */
function placeInFile(
  { message, stack }: Failure,
  file: string,
  text: string,
  locator: ConfigLocator,
): DiagnosticPosition | undefined {
  const [, line, column] =
    new RegExp(`${escaped(pathToFileURL(file).pathname)}:(\\d+)(?::(\\d+))?`).exec(stack) ??
    /line (\d+) column (\d+)/.exec(message) ??
    [];
  if (line !== undefined) return locator.position(Number(line), Number(column ?? 1));
  const [, missing] = /^Cannot find (?:package|module) '(.+)' imported/.exec(message) ?? [];
  if (missing === undefined) return undefined;
  const index = text.search(new RegExp(`['"][^'"\n]*${escaped(basename(missing))}['"]`));
  if (index < 0) return undefined;
  const before = text.slice(0, index).split('\n');
  return locator.position(before.length, (before.at(-1)?.length ?? 0) + 1);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
