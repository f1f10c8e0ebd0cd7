import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { referenceFiles } from './files.ts';

const root = join(import.meta.dirname, '../..');
const files = referenceFiles();
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
const formatted = Object.keys(files).filter((path) => !path.endsWith('.md'));
execFileSync(join(root, 'node_modules/.bin/biome'), ['format', '--write', ...formatted], {
  cwd: root,
  stdio: 'inherit',
});
