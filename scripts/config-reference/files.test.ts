import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { referenceFiles } from './files.ts';

const root = join(import.meta.dirname, '../..');
const biome = join(root, 'node_modules/.bin/biome');

function formatted(path: string, text: string): string {
  if (path.endsWith('.md')) return text;
  return execFileSync(biome, ['format', `--stdin-file-path=${path}`], { cwd: root, input: text, encoding: 'utf8' });
}

describe('What is made of the schema of configs', () => {
  for (const [path, text] of Object.entries(referenceFiles())) {
    it(`is up to date in ${path}`, () => {
      const message = `run "npm run config-reference", which makes ${path} anew`;
      assert.ok(readFileSync(join(root, path), 'utf8') === formatted(path, text), message);
    });
  }

  it('describes each option', () => {
    const { 'docs/config.md': page = '' } = referenceFiles();
    const undescribed = page.split('\n').filter((line) => /^\| `.*\| +(nginx|\*\*Danger|\|$)/.test(line));
    assert.deepEqual(undescribed, []);
  });

  it('keeps an option that is named as a word of JSON Schema', () => {
    const { 'schemas/galley.config.schema.json': text = '' } = referenceFiles();
    const { definitions } = JSON.parse(text);
    assert.equal(definitions.MapVariable.properties.default.type, 'string');
    assert.equal(definitions.Compression.properties.vary.default, true);
    assert.equal(definitions.App.properties.directory.default, undefined);
  });
});
