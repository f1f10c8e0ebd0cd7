import type { InspectedApp } from '../app/inspect-app.ts';
import type { AppOptions } from '../app/options.ts';
import type { PythonFound } from '../app/python.ts';
import type { AppInspection, Framework } from '../app/supervision/zygote.ts';
import { printable } from '../observe/log.ts';
import { interfaceNames } from './interface-names.ts';
import { pythonName } from './python-name.ts';

/** All that `galley inspect` knows of an app. */
export interface Inspected extends InspectedApp {
  readonly app: AppOptions;
  readonly python: PythonFound;
}

const lifespanTexts: Readonly<Record<NonNullable<AppInspection['lifespan']>['state'], string>> = {
  supported: 'it has one; its startup was not run, --lifespan on runs it',
  unsupported: 'it has none',
  unknown: 'it did not say in time whether it has one; --lifespan on runs it',
  complete: 'startup and shutdown were run and completed',
  failed: 'startup failed',
  off: 'not asked for, as --lifespan says',
};

/** What was found, for a person. */
export function inspectionText({ app, python, loaded, inspection }: Inspected): string {
  const { lifespan, memory, files } = inspection;
  const open = [...loaded.found, ...files.map((path) => `file ${path}`)];
  const grown = memory.after - memory.before;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['App', `${app.target}, in ${app.directory}`],
    ['Interface', `${interfaceNames[loaded.interface]}: ${loaded.reason}`],
    ['Framework', frameworkText(inspection)],
    ['Lifespan', lifespan ? lifespanTexts[lifespan.state] : undefined],
    ['Python', `${pythonName(loaded)}, ${python.origin}: ${python.path}`],
    ['Event loop', lifespan ? (inspection.uvloop ? `uvloop ${inspection.uvloop}` : 'asyncio') : undefined],
    ['Import', `${Math.round(loaded.milliseconds)} ms, ${mebibytes(grown)} of ${mebibytes(memory.after)} in use`],
    ['Left open', open.join(', ') || 'nothing'],
    ['Workers', loaded.preloaded ? 'forked with the app imported' : `each imports the app: ${loaded.found.join(', ')}`],
  ];
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : `${name.padEnd(12)}${printable(value)}\n`));
  return lines.join('') + (lifespan?.text ? `\n${lifespan.text.trimEnd()}\n` : '');
}

/** What was found, for a program. Memory is in bytes. */
export function inspectionJson({ app, python, loaded, inspection }: Inspected): object {
  const { framework, frameworks, lifespan, uvloop, memory, files } = inspection;
  return {
    app: app.target,
    directory: app.directory,
    interface: loaded.interface,
    reason: loaded.reason,
    framework,
    frameworks,
    lifespan,
    python: { ...python, version: loaded.python, implementation: loaded.implementation, gil: loaded.gil },
    uvloop,
    import: { milliseconds: loaded.milliseconds, memory },
    preloaded: loaded.preloaded,
    found: loaded.found,
    files,
  };
}

function frameworkText({ framework, frameworks }: AppInspection): string {
  const others = frameworks.filter(({ name }) => name !== framework?.name).map(frameworkName);
  const also = others.length > 0 ? `; imported as well: ${others.join(', ')}` : '';
  return `${framework ? frameworkName(framework) : 'none that is known'}${also}`;
}

function frameworkName({ name, version }: Framework): string {
  return version === null ? name : `${name} ${version}`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
