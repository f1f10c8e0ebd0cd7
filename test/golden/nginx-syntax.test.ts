import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { dumpFiles } from '../../src/config/nginx/syntax/dump.ts';
import { nginxMessage } from '../../src/config/nginx/syntax/format-diagnostic.ts';
import { readNginxConf } from '../../src/config/nginx/syntax/load.ts';
import { AppFolder } from '../support/app-folder.ts';
import { programPath, requires } from '../support/requirements.ts';

/** With GALLEY_WRITE_GOLDEN=1 the files of what is expected are written anew. */
const writes = process.env['GALLEY_WRITE_GOLDEN'] === '1';
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
      const { stderr } = await runNginx('-t', name);
      const said = /\[emerg\] (?:\d+#\d+: )?(.* in .*)$/m.exec(stderr)?.[1] ?? 'ok';
      assert.equal(said.replaceAll(`${folder}/`, ''), expectedFor(name).split('\n')[0], stderr);
    });
  }

  for (const name of ['include-glob', 'include-in-types', 'carriage-returns']) {
    it(`with -T prints the files of ${name}.conf alike`, async () => {
      const { stdout } = await runNginx('-T', name);
      const { files } = readNginxConf(join(folder, `${name}.conf`), { prefix: folder });
      assert.equal(dumpFiles(files), stdout);
    });
  }
});

async function runNginx(
  option: '-t' | '-T',
  name: string,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  await using prefix = await AppFolder.with({});
  const args = [option, '-p', `${prefix.path}/`, '-c', join(folder, `${name}.conf`), '-e', 'stderr'];
  return spawnSync(programPath('nginx') ?? 'nginx', args, { encoding: 'utf8', timeout: 10_000 });
}
