import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** Where a program is; undefined where it is missing. Daemons' folders are looked in as well, which PATH may not name. */
export function programPath(name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * Why a test that needs this program is skipped on this machine, or false. With `GALLEY_REQUIRE_ALL=1` it is not skipped, and so
 * fails.
 */
export function requires(name: string): string | false {
  if (process.env['GALLEY_REQUIRE_ALL'] === '1' || programPath(name)) return false;
  return `there is no ${name}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
