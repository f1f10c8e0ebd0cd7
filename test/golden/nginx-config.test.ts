import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { adaptNginxConf } from '../../src/config/nginx/adapt/adapt.ts';
import type { AdaptContext } from '../../src/config/nginx/adapt/context.ts';
import { nginxDefaults } from '../../src/config/nginx/adapt/nginx-defaults.ts';
import { nginxMessage } from '../../src/config/nginx/syntax/format-diagnostic.ts';
import { readNginxConf } from '../../src/config/nginx/syntax/load.ts';
import { AppFolder } from '../support/app-folder.ts';
import { programPath, requires } from '../support/requirements.ts';

/** With GALLEY_WRITE_GOLDEN=1 the files of what is expected are written anew. */
const writes = process.env['GALLEY_WRITE_GOLDEN'] === '1';
const folder = join(import.meta.dirname, 'nginx-config');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.conf'))
  .map((name) => name.slice(0, -'.conf'.length));
/** Of these nginx says something else: Galley has directives of its own, lacks others, and refuses what is unsafe. */
const ownPrefix = 'galley-';
const lenientPrefix = 'galley-lenient-';

/** What is wrong with a config in nginx's words, a line each; the config as JSON where it can be used. */
function outputFor(name: string): string {
  const path = join(folder, `${name}.conf`);
  const lenient = name.startsWith(lenientPrefix);
  const conf = readNginxConf(path, { prefix: folder, lenient });
  const context: AdaptContext = {
    prefix: '/prefix',
    configFolder: '/prefix/conf',
    hostname: 'Machine.example',
    isRoot: !name.includes('without-root'),
    lenient,
  };
  const { config, diagnostics } = adaptNginxConf(conf.directives, context);
  const all = [...conf.diagnostics, ...diagnostics];
  const told = all.map((diagnostic) => {
    const mark = diagnostic.severity === 'warning' ? 'warning: ' : '';
    const hint = diagnostic.hint === undefined ? '' : `  hint: ${diagnostic.hint}\n`;
    return `${mark}${nginxMessage(diagnostic)}\n${hint}`.replaceAll(`${folder}/`, '');
  });
  if (all.some(({ severity }) => severity === 'error')) return told.join('');
  const isFull = name === 'defaults';
  const shown = { ...config, defaults: isFull ? config.defaults : without(config.defaults, nginxDefaults(context)) };
  return `${told.join('')}${JSON.stringify(shown, shownAs, 2)}\n`;
}

/** Empty lists of the config as a whole are left out; what is undefined is seen. */
function shownAs(key: string, value: unknown): unknown {
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  if (isEmpty && emptyLists.has(key)) return undefined;
  return value === undefined ? 'undefined' : value;
}

const emptyLists: ReadonlySet<string> = new Set([
  'process',
  'apps',
  'variables',
  'requestZones',
  'connectionZones',
  'logFormats',
  'upstreams',
  'caches',
  'issuers',
  'defaults',
  'servers',
  'rules',
  'locations',
]);

/** What of an object is not the same in the other one. */
function without(shown: object, others: object): object {
  const kept = Object.entries(shown).flatMap(([key, value]) => {
    const other = (others as Record<string, unknown>)[key];
    if (isDeepStrictEqual(value, other)) return [];
    return key !== 'types' && isGroup(value) && isGroup(other) ? [[key, without(value, other)]] : [[key, value]];
  });
  return Object.fromEntries(kept);
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('kind' in value);
}

function expectedFor(name: string): string {
  return readFileSync(join(folder, `${name}.out`), 'utf8');
}

describe('the config of an nginx.conf', () => {
  for (const name of names) {
    it(`is what ${name}.out has`, () => {
      const output = outputFor(name);
      if (writes) writeFileSync(join(folder, `${name}.out`), output);
      assert.equal(output, expectedFor(name));
    });
  }

  it('has an example for each file of what is expected', () => {
    const outputs = readdirSync(folder).filter((name) => name.endsWith('.out'));
    assert.deepEqual(
      outputs,
      names.map((name) => `${name}.out`),
    );
  });
});

describe('nginx -t', { skip: requires('nginx') }, () => {
  for (const name of names.filter((each) => !each.startsWith(ownPrefix))) {
    it(`says the same of ${name}.conf`, async () => {
      await using prefix = await AppFolder.with({});
      // Where nginx writes to, and its socket.
      for (const each of ['logs', 'run']) mkdirSync(join(prefix.path, each));
      const args = ['-t', '-p', `${prefix.path}/`, '-c', join(folder, `${name}.conf`), '-e', 'stderr'];
      const { stderr } = spawnSync(programPath('nginx') ?? 'nginx', args, { encoding: 'utf8', timeout: 10_000 });
      const [, found = ''] = /\[emerg\] (?:\d+#\d+: )?(.*)$/m.exec(stderr) ?? [];
      // What it does once it has read all, as to bind, is not looked at.
      const said = found === '' || /^(?:bind|open)\(\)|^still could not/.test(found) ? undefined : found;
      const first = firstError(expectedFor(name));
      // Of variables and zones nginx does not say where they stand.
      const isPlaced = said === undefined || / in \S+:\d+$/.test(said);
      const ours = isPlaced ? first : first?.replace(/ in \S+:\d+$/, '');
      assert.equal(said?.replaceAll(`${folder}/`, ''), ours, stderr);
    });
  }
});

/** The first error that is told; undefined where the config can be used. */
function firstError(output: string): string | undefined {
  if (output.endsWith('}\n')) return undefined;
  return output.split('\n').find((line) => !/^(?:warning:| {2}hint:)/.test(line));
}
