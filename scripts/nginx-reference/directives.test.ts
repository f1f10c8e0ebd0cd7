import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { directivesPage } from './directives.ts';

it('docs/nginx-directives.md is up to date', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/nginx-directives.md'), 'utf8');
  assert.ok(page === directivesPage(), 'run "npm run nginx-reference", which makes the page anew');
});
