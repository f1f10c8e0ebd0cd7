import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseExpressionAt } from 'acorn';
import type { Config } from '../config.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { checkConfig } from '../typed/check.ts';
import type { ConfigProblem } from '../typed/conversion.ts';
import { toConfig } from '../typed/to-config.ts';
import { checkFolders } from './check-folders.ts';
import { checkTlsFiles } from './check-tls-files.ts';
import { type Imported, importConfig } from './import-config.ts';
import { importFailure } from './import-failure.ts';
import { ConfigLocator } from './locate.ts';
import { validate } from './validate.ts';

/** A config with all that is wrong with it. */
export interface LoadedConfig {
  /** Undefined where an error keeps it from being read at all. */
  readonly config: Config | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a galley.config.ts, .mts, .js, .mjs or .json, and what it imports, anew each time. Throws nothing: what is wrong is told by
 * diagnostics.
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = resolve(path);
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    return failed(
      `Cannot read the config "${file}": ${reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? String(error)}`,
    );
  }
  const imported = file.endsWith('.json') ? parseJson(text) : await importConfig(file);
  const locator = new ConfigLocator(file, text, imported.plain);
  if (imported.kind === 'failed')
    return { config: undefined, diagnostics: [importFailure(imported, file, text, locator)] };
  const { user, ...shape } = validate(imported.value);
  if (user === undefined) {
    const problems = 'problems' in shape ? shape.problems : [];
    return { config: undefined, diagnostics: inOrder(problems.map((each) => located(each, locator))) };
  }
  const { config, problems } = toConfig(user, dirname(file));
  const all = [
    ...problems,
    ...checkConfig(user, config),
    ...checkFolders(user, config),
    ...checkTlsFiles(user, dirname(file)),
  ];
  return { config, diagnostics: inOrder(all.map((each) => located(each, locator))) };
}

/** As they stand in the text. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted((a, b) => {
    return (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0);
  });
}

function failed(message: string): LoadedConfig {
  return { config: undefined, diagnostics: [{ severity: 'error', message, at: undefined }] };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'the file does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of its path is not a folder',
};

function parseJson(text: string): Imported {
  try {
    return { kind: 'value', value: JSON.parse(text), plain: text };
  } catch (error) {
    const { message } = error as Error;
    const place = /line \d+ column \d+/.test(message) ? '' : placeInJson(text);
    return { kind: 'failed', message: `${message}${place}`, stack: '', plain: undefined };
  }
}

/** Where JSON stops being an expression at all, since its own parser does not always tell. */
function placeInJson(text: string): string {
  try {
    parseExpressionAt(text, 0, { ecmaVersion: 'latest' });
    return '';
  } catch (error) {
    const { loc } = error as { readonly loc?: { readonly line: number; readonly column: number } };
    return loc === undefined ? '' : ` (line ${loc.line} column ${loc.column + 1})`;
  }
}

/** A problem with its place in the text; where that does not show it, the path is named. */
function located({ severity, path, message, hint, isName = false }: ConfigProblem, locator: ConfigLocator): Diagnostic {
  const { at, isExact, words } = locator.find(path, isName);
  return {
    severity,
    message: isExact ? message : `${message} (at ${pathText(path)})`,
    at,
    ...(hint === undefined ? {} : { hint }),
    ...(isExact && words !== undefined ? { words } : {}),
  };
}

function pathText(path: ConfigProblem['path']): string {
  return (
    path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('') ||
    'the top'
  );
}
