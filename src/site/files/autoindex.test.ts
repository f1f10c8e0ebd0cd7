import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { FilesStage, fileSettings } from '../../../test/support/files-stage.ts';
import type { Reply } from '../../core/reply.ts';
import { formatListing, type ListedFile } from './autoindex-format.ts';

const hostile: ListedFile = { name: '<script>"&\'\n', kind: 'file', modifiedSeconds: 0, size: 1 };

it('names cannot end what they stand in', () => {
  const text = (format: 'html' | 'json' | 'xml'): string =>
    formatListing([hostile], { format, exactSize: true, localTime: false }, '/<b>/', '', false).text;
  assert.match(text('html'), /<title>Index of \/&lt;b&gt;\/<\/title>/);
  assert.match(text('html'), /<a href="%3Cscript%3E%22%26%27%0A">&lt;script&gt;&quot;&amp;'\n<\/a>/);
  assert.deepEqual(JSON.parse(text('json'))[0].name, hostile.name);
  assert.match(text('xml'), />&lt;script&gt;&quot;&amp;'\n<\/file>/);
});

it('sizes are rounded as nginx does', () => {
  const shown = (size: number): string | undefined => {
    const autoindex = { format: 'html', exactSize: false, localTime: false } as const;
    const { text } = formatListing([{ ...hostile, name: 'a', size }], autoindex, '/', '', false);
    return / +(\w+)\r\n<\/pre>/.exec(text)?.[1];
  };
  const sizes = [0, 9_999, 10_000, 10_751, 10_752, 1_048_575, 1_048_576, 1_572_863, 1_572_864, 1_073_741_824];
  assert.deepEqual(sizes.map(shown), ['0', '9999', '10K', '10K', '11K', '1024K', '1M', '1M', '2M', '1G']);
});

it('folders come first, then by bytes; what begins with a dot is left out, a broken link is listed', async () => {
  await using folder = await AppFolder.with({ b: '', a: '', C: '', '.d': '', é: '' });
  await mkdir(folder.file('z'));
  await symlink('nowhere', folder.file('link'));
  const autoindex = { format: 'json', exactSize: true, localTime: false } as const;
  const stage = new FilesStage({ '/': fileSettings(folder.path, { autoindex }) });
  const reply = (await stage.ask('/').outcome) as Reply;
  const files: { name: string; type: string }[] = JSON.parse(Buffer.from(reply.body as Uint8Array).toString());
  assert.deepEqual(
    files.map(({ name, type }) => `${name} ${type}`),
    ['z directory', 'C file', 'a file', 'b file', 'link other', 'é file'],
  );
});
