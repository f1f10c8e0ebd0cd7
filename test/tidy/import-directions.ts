import { posix } from 'node:path';
import { importsOf } from './imports.ts';
import { problemAt, type Rule } from './source-file.ts';

/** The folders of src/, highest first: each may import itself and those after it. */
export const layers: readonly string[] = [
  'cli',
  'server',
  'config',
  'front',
  'site',
  'upstream',
  'app',
  'cache',
  'tls',
  'plan',
  'observe',
  'protocol',
  'http',
  'core',
];

/** Where a file of src/ stands: its folder; undefined for a file of src/ itself, which is the public API and may import all. */
function layerOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

/** Inside src/, imports go downward only; test files may import test/support/ as well. */
export const importDirections: Rule = (file) => {
  if (!file.path.startsWith('src/')) return [];
  const layer = layerOf(file.path);
  if (layer === undefined) return [];
  if (!layers.includes(layer)) return [`${file.path}:1: src/${layer}/ has no place in the order of folders`];
  const isTest = file.path.endsWith('.test.ts');
  return importsOf(file).flatMap(({ specifier, offset }) => {
    if (!specifier.startsWith('.')) return [];
    const target = posix.join(posix.dirname(file.path), specifier);
    const targetLayer = layerOf(target);
    const allowed =
      targetLayer === undefined
        ? isTest && target.startsWith('test/support/')
        : layers.indexOf(targetLayer) >= layers.indexOf(layer);
    return allowed ? [] : [problemAt(file, offset, `${layer}/ may not import ${target}`)];
  });
};
