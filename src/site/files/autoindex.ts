import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { HeaderList } from '../../core/headers.ts';
import type { Settings } from '../../plan/settings.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import { formatListing, type ListedFile } from './autoindex-format.ts';
import { filePath } from './file-path.ts';
import { failureOf } from './open-file.ts';

export type Autoindex = NonNullable<Settings['autoindex']>;

/** How many files are looked at at once: as many as the threads that look. */
const lookers = 4;

/** A listing of a folder, as nginx's autoindex has it. `countsCharacters`: names are UTF-8 to whoever reads it. */
export async function listFolder(
  request: SiteRequest,
  folder: string,
  autoindex: Autoindex,
  countsCharacters: boolean,
): Promise<SiteOutcome> {
  const callback = autoindex.format === 'jsonp' ? callbackOf(request.args) : '';
  if (callback === undefined) return statusOutcome(400);
  try {
    const files = await filesOf(folder);
    const { type, text } = formatListing(files, autoindex, request.uri, callback, countsCharacters);
    return { status: 200, headers: HeaderList.of([['content-type', type]]), body: Buffer.from(text, 'latin1') };
  } catch (error) {
    const { status, reason } = failureOf(error);
    request.log(status === 500 ? 'crit' : 'error', `opendir() "${folder}" failed (${reason})`);
    return statusOutcome(status);
  }
}

/** All but those whose names begin with a dot. */
async function filesOf(folder: string): Promise<ListedFile[]> {
  const names = (await readdir(filePath(folder), 'latin1')).filter((name) => !name.startsWith('.'));
  const files: ListedFile[] = [];
  const left = names.values();
  const look = async (): Promise<void> => {
    for (const name of left) {
      const facts = await factsOf(folder + name);
      if (facts) files.push(listed(name, facts));
    }
  };
  await Promise.all(Array.from({ length: lookers }, look));
  return files;
}

/** Of the target of a symbolic link where there is one; undefined for what was removed meanwhile. */
async function factsOf(path: string): Promise<Stats | undefined> {
  const name = filePath(path);
  try {
    return await stat(name);
  } catch {
    return await lstat(name).catch(() => undefined);
  }
}

function listed(name: string, facts: Stats): ListedFile {
  const kind = facts.isDirectory() ? 'directory' : facts.isFile() ? 'file' : 'other';
  return { name, kind, modifiedSeconds: Math.floor(facts.mtimeMs / 1000), size: facts.size };
}

/** The function's name; '' for none, undefined for one that could be something else than a name. */
function callbackOf(args: string): string | undefined {
  const value = /(?:^|&)callback=([^&]*)/i.exec(args)?.[1] ?? '';
  return /^[\w.]*$/.test(value) ? value : undefined;
}
