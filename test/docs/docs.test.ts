import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseCommandLine } from '../../src/cli/options.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const docs = readdirSync(join(root, 'docs')).map((name) => `docs/${name}`);

/** The targets of links to files of this checkout. */
function linksIn(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
}

/** What stands after `galley.js` in commands, up to a comment. */
function commandsIn(markdown: string): string[][] {
  const commands = markdown.matchAll(/bin\/galley\.js +([^\n`#]+)/g);
  return [...commands].map(([, rest]) => rest!.trim().split(/ +/));
}

for (const page of ['README.md', 'ARCHITECTURE.md', ...docs]) {
  const markdown = readFileSync(join(root, page), 'utf8');

  describe(page, () => {
    it('links only to files that exist', () => {
      const missing = linksIn(markdown).filter((target) => !existsSync(join(root, dirname(page), target)));
      assert.deepEqual(missing, []);
    });

    it('shows only commands that the command line takes', () => {
      for (const command of commandsIn(markdown)) {
        // The file belongs to the reader.
        const checked = command.filter((word, at) => ![word, command[at - 1]].includes('--env-file'));
        const { kind } = parseCommandLine(checked, { currentFolder: root, cpus: 2 });
        assert.notEqual(kind, 'error', command.join(' '));
      }
    });
  });
}

describe('the checks above', () => {
  it('find a link and a command', () => {
    assert.deepEqual(linksIn('see [a](x/y.md#z), [b](https://example.com/) and [c](d.ts)'), ['x/y.md', 'd.ts']);
    assert.deepEqual(commandsIn('    ./bin/galley.js main:app --port 1   # or `../bin/galley.js --help`'), [
      ['main:app', '--port', '1'],
      ['--help'],
    ]);
  });
});
