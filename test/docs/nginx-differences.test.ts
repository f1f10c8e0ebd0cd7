import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { differences } from '../end-to-end/nginx/differences.ts';

const folder = join(import.meta.dirname, '../end-to-end/nginx');

/** Those that no request beside nginx shows: both are always different in them, or a test elsewhere is about them. */
const shownElsewhere = [
  'field-names',
  'server',
  'connection',
  'allow',
  'length',
  'header-injection',
  'alias-traversal',
  'http2-scheme',
  'refused-lines',
  'control',
  'dates-and-tags',
  'bad-dates',
  'refused-links',
  'listing-conditions',
  'no-transform',
  'pipe',
  'connection-settings',
  'slow-patterns',
];

describe('the differences from nginx', () => {
  it('stand in docs/nginx.md as they are in the tests', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/nginx.md'), 'utf8');
    const table = Object.values(differences)
      .map((text) => `| ${text} |\n`)
      .join('');
    assert.ok(
      page.includes(`| What differs, and why |\n|---|\n${table}\n`),
      `docs/nginx.md should have this table:\n${table}`,
    );
  });

  it('are shown by a request each', () => {
    const tests = readdirSync(folder).filter((name) => name.startsWith('beside-nginx'));
    const text = tests.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
    const unshown = Object.keys(differences).filter((name) => !text.includes(`'${name}'`));
    assert.deepEqual(unshown, shownElsewhere);
  });
});
