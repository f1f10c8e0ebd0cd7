import { readFileSync } from 'node:fs';
import node from 'node:module';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Imported } from './import-config.ts';

// A config says `import { defineConfig } from 'galley'` wherever it stands, also where Galley is not installed beside it.
const galley = new URL('../define-config.ts', import.meta.url).href;
if (node.registerHooks) {
  node.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'galley' ? { url: galley, shortCircuit: true } : next(specifier, context),
  });
} else {
  const exports = await import(galley);
  bun()?.plugin({ name: 'galley', setup: (build) => build.module('galley', () => ({ exports, loader: 'object' })) });
}

// Stripping types is said to be experimental, and a .ts file not to have its type in a package.json: neither helps.
process.removeAllListeners('warning');

parentPort?.postMessage(await importConfig(workerData as string));

async function importConfig(url: string): Promise<Imported> {
  const plain = withoutTypes(fileURLToPath(url));
  try {
    const module: { readonly default?: unknown } = await import(url);
    if (module.default === undefined) return { kind: 'failed', message: 'it has no default export', stack: '', plain };
    // Functions and the like have no place in a config, and cannot leave this thread.
    return { kind: 'value', value: structuredClone(module.default), plain };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'DataCloneError') {
      const what = error.message.replace(/ could not be cloned\.$/, '');
      return {
        kind: 'failed',
        message: `a config takes texts, numbers, lists and objects, but not ${what}`,
        stack: '',
        plain,
      };
    }
    if (!(error instanceof Error)) return { kind: 'failed', message: String(error), stack: '', plain };
    return { kind: 'failed', message: error.message, stack: error.stack ?? '', plain };
  }
}

/** The text with blanks in place of types; undefined where it cannot be parsed. */
function withoutTypes(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return path.endsWith('ts') ? node.stripTypeScriptTypes(text, { mode: 'strip' }) : text;
  } catch {
    return undefined;
  }
}

/** What takes the place of hooks where Bun runs this. */
function bun(): Bun | undefined {
  return (globalThis as { readonly Bun?: Bun }).Bun;
}

interface Bun {
  plugin(plugin: {
    readonly name: string;
    readonly setup: (build: { module(name: string, load: () => object): void }) => void;
  }): void;
}
