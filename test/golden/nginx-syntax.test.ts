import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { array, assert as check, constantFrom, property } from 'fast-check';
import { acmeDirectives } from '../../src/config/nginx/syntax/directives/acme.ts';
import { galleyDirectives } from '../../src/config/nginx/syntax/directives/galley.ts';
import { otherDirectives } from '../../src/config/nginx/syntax/directives/other-modules.ts';
import { directiveRules } from '../../src/config/nginx/syntax/directives/table.ts';
import { dumpFiles } from '../../src/config/nginx/syntax/dump.ts';
import { nginxMessage } from '../../src/config/nginx/syntax/format-diagnostic.ts';
import { readNginxConf } from '../../src/config/nginx/syntax/load.ts';
import { AppFolder } from '../support/app-folder.ts';
import { programPath, requires } from '../support/requirements.ts';

/** With GALLEY_WRITE_GOLDEN=1 the files of what is expected are written anew. */
const writes = process.env['GALLEY_WRITE_GOLDEN'] === '1';
const nginx = programPath('nginx') ?? 'nginx';
const folder = join(import.meta.dirname, 'nginx-syntax');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.conf'))
  .map((name) => name.slice(0, -'.conf'.length));
/** Of these nginx says something else: Galley has directives of its own, lacks others, and tells some errors better. */
const ownPrefix = 'galley-';
const lenientPrefix = 'galley-lenient-';

/** What is wrong with a config in nginx's words, a line each; `ok` where nothing is. */
function outputFor(name: string): string {
  const path = join(folder, `${name}.conf`);
  const { diagnostics } = readNginxConf(path, { prefix: folder, lenient: name.startsWith(lenientPrefix) });
  const lines = diagnostics.map((diagnostic) => {
    const mark = diagnostic.severity === 'warning' ? 'warning: ' : '';
    return `${mark}${nginxMessage(diagnostic).replaceAll(`${folder}/`, '')}\n`;
  });
  return lines.join('') || 'ok\n';
}

function expectedFor(name: string): string {
  return readFileSync(join(folder, `${name}.out`), 'utf8');
}

describe('reading nginx.conf', () => {
  for (const name of names) {
    it(`says of ${name}.conf what ${name}.out has`, () => {
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

describe('nginx', { skip: requires('nginx') }, () => {
  for (const name of names.filter((each) => !each.startsWith(ownPrefix))) {
    it(`with -t says the same of ${name}.conf`, async () => {
      await using prefix = await AppFolder.with({});
      const ran = runNginx('-t', prefix.path, join(folder, `${name}.conf`));
      assert.equal(saidBy(ran).replaceAll(`${folder}/`, ''), expectedFor(name).split('\n')[0], ran.stderr);
    });
  }

  it('with -t says the same of any text', async () => {
    await using prefix = await AppFolder.with({});
    const path = prefix.file('nginx.conf');
    // Directives of which only the number of arguments can be wrong.
    const directives = [
      'default_type a;',
      'index "b c" d;',
      'autoindex on;',
      'types {',
      'server {',
      'http {',
      'default_type',
    ];
    const signs = [...'{};;"\'\\$#() \n\t', `$\{a}`, '\r\n', 'a', 'b{1}', '"c" ', 'include none;', 'include *.none;'];
    const inner = array(constantFrom(...directives, ...signs), { maxLength: 12 }).map((tokens) => tokens.join(''));
    const around = constantFrom(['events {}', ''], ['events {} http {', '}'], ['events {}\nhttp { server {\n', '} }']);
    check(
      property(around, inner, ([before, after], text) => {
        writeFileSync(path, `${before} ${text} ${after}`);
        assert.equal(firstError(path), saidBy(runNginx('-t', prefix.path, path)));
      }),
      { numRuns: 150 },
    );
  });

  it('with -t says the same of each directive without arguments in a location', async () => {
    await using prefix = await AppFolder.with({});
    const path = prefix.file('nginx.conf');
    const names = directiveRules.filter(({ support }) => support.kind === 'full').map(({ name }) => name);
    const differing = [...new Set(names)].filter((name) => {
      writeFileSync(path, `events {} http { server { location / { ${name}; } } }`);
      const said = saidBy(runNginx('-t', prefix.path, path));
      return said !== firstError(path) && !(said.startsWith('unknown directive') && lacking.has(name));
    });
    assert.deepEqual(differing, []);
  });

  for (const name of ['include-glob', 'include-in-types', 'carriage-returns']) {
    it(`with -T prints the files of ${name}.conf alike`, async () => {
      await using prefix = await AppFolder.with({});
      const path = join(folder, `${name}.conf`);
      const { stdout } = runNginx('-T', prefix.path, path);
      const { files } = readNginxConf(path, { prefix: folder });
      assert.equal(dumpFiles(files), stdout);
    });
  }
});

/** What a nginx may lack that is built with Debian's usual modules. */
const lacking: ReadonlySet<string> = new Set([
  ...[...galleyDirectives, ...otherDirectives, ...acmeDirectives].map(({ name }) => name),
  'http2',
  'add_header_inherit',
  'add_trailer_inherit',
  'max_headers',
  'proxy_pass_trailers',
  'proxy_cache_purge',
  'health_check',
  'match',
  'least_time',
  'queue',
  'sticky',
]);

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

function runNginx(option: '-t' | '-T', prefix: string, path: string): Ran {
  const args = [option, '-p', `${prefix}/`, '-c', path, '-e', 'stderr'];
  return spawnSync(nginx, args, { encoding: 'utf8', timeout: 10_000 });
}

/** The error that nginx stopped at. */
function saidBy({ stderr }: Ran): string {
  return /\[emerg\] (?:\d+#\d+: )?(.* in .*)\nnginx: /s.exec(stderr)?.[1] ?? 'ok';
}

/** The first error that Galley tells. */
function firstError(path: string): string {
  const [first] = readNginxConf(path, { prefix: '/' }).diagnostics;
  return first ? nginxMessage(first) : 'ok';
}
