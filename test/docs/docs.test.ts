import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseCommandLine } from '../../src/cli/options.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { AppFolder } from '../support/app-folder.ts';

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

/** Configs in a page, by the name that a file of it would have. What is said without `http` stands in it. */
function configsIn(markdown: string): { readonly name: string; readonly text: string }[] {
  return [...markdown.matchAll(/^```(ts|nginx)\n(.*?)^```$/gms)].map(([, language, text = '']) => {
    if (language === 'ts') return { name: 'galley.config.ts', text };
    return { name: 'nginx.conf', text: /^\s*http \{/m.test(text) ? text : `events {} http { ${text} }` };
  });
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

    it('shows only configs in which nothing is wrong', async () => {
      for (const { name, text } of configsIn(markdown)) {
        await using folder = await AppFolder.with({ [name]: text });
        const { diagnostics } = await readConfig(folder.file(name));
        // The files belong to the reader.
        const wrong = diagnostics.filter(
          ({ message }) => !/^There is no (?:file|folder) |^"[^"]*" does not exist/.test(message),
        );
        assert.deepEqual(wrong, [], text);
      }
    });
  });
}

describe('the checks above', () => {
  it('find a link, a command and a config', () => {
    assert.deepEqual(linksIn('see [a](x/y.md#z), [b](https://example.com/) and [c](d.ts)'), ['x/y.md', 'd.ts']);
    assert.deepEqual(commandsIn('    ./bin/galley.js main:app --port 1   # or `../bin/galley.js --help`'), [
      ['main:app', '--port', '1'],
      ['--help'],
    ]);
    assert.deepEqual(configsIn('a\n```ts\nx;\n```\nb\n```nginx\nserver {}\n```\n```sh\ny\n```\n'), [
      { name: 'galley.config.ts', text: 'x;\n' },
      { name: 'nginx.conf', text: 'events {} http { server {}\n }' },
    ]);
  });
});
