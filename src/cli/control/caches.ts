import type { CacheStatus } from '../../server/cache-status.ts';
import { askControl, textOf } from './ask-control.ts';
import { type ControlAction, type ControlCommand, controlOptions } from './control-command.ts';
import { ControlFailure } from './control-failure.ts';
import { findGalley } from './find-galley.ts';
import { line, paint } from './styled-line.ts';
import { hasColors } from './terminal.ts';
import { counted, memoryText, shareText } from './units.ts';

/** `galley caches`. */
export const caches: ControlCommand = {
  name: 'caches',
  call: 'galley caches',
  word: undefined,
  about: `Usage: galley caches [options]

Tells what the caches of a running Galley keep, and how often they were of use.
`,
  examples: `
Examples:
  galley caches                  all caches
  galley caches --json           for a program, one JSON array
  galley caches --pid 4711       of one of several Galleys
`,
  options: ['json', ...controlOptions],
  prepare: () => printCaches,
};

const printCaches: ControlAction = async ({ chosen, json }) => {
  const path = await findGalley(chosen);
  const { status, body } = await askControl(path, 'GET', '/caches');
  if (status !== 200 || !Array.isArray(body)) throw new ControlFailure(textOf(path, body));
  process.stdout.write(json ? `${JSON.stringify(body)}\n` : renderCaches(body));
  return 0;
};

/** The caches as people read them, each line ended. */
function renderCaches(statuses: readonly CacheStatus[]): string {
  const { stdout } = process;
  const lines = statuses.map(({ name, isOnDisk, entries, bytes, hits, misses, evicted, discarded }) => {
    const share = hits + misses === 0 ? null : hits / (hits + misses);
    const kept = `${entries} ${entries === 1 ? 'entry' : 'entries'}, ${memoryText(bytes)} ${isOnDisk ? 'on the disk' : 'in memory'}`;
    const found = `found ${shareText(share)} of ${counted(hits + misses, 'time')}`;
    const damaged = discarded > 0 ? `, ${discarded} damaged` : '';
    return line(`${name}  ${kept}; ${found}; evicted ${evicted}${damaged}`);
  });
  const shown = lines.length > 0 ? lines : [line('There is no cache')];
  return shown
    .map((each) => `${paint(each, stdout.columns || Number.POSITIVE_INFINITY, hasColors(stdout))}\n`)
    .join('');
}
