import { parseArgs } from 'node:util';
import { FloodedGalley } from '../../test/support/floods/flooded-galley.ts';
import { floodCases, runFlood, runPace } from '../../test/support/floods/run-flood.ts';
import { runUntilStopped } from '../conformance/run-until-stopped.ts';
import { type FloodRow, floodRow, tableHead } from './flood-table.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '30' }, only: { type: 'string', default: '' } },
});
const seconds = Number(values.seconds);
const only = new RegExp(values.only);
/** When a flood that is slow has had connections ended, in seconds: `connectionTimeouts.headMs` and somewhat more. */
const slowSeconds = 12;
/** How long code gets warm, in seconds. */
const warmSeconds = 5;
/** How much of a flood's time an honest client is alone before it: what else the machine does is then in both figures. */
const calmShare = 1 / 3;
/** How often a flood is measured at most: a machine that others use too may have slowed down the first time. */
const tries = 2;

/** Each flood beside an honest client: a table, and whether all of it is as it must be. */
async function runFloods(signal: AbortSignal): Promise<number> {
  await using server = await FloodedGalley.start();
  for (const over of ['cleartext', 'TLS'] as const) await runPace(server, over, warmSeconds);
  console.log(tableHead);
  let failed = 0;
  for (const each of floodCases().filter(({ name, over }) => only.test(`${name}, ${over}`))) {
    if (signal.aborted) break;
    let row: FloodRow | undefined;
    for (let count = 0; count < tries && (!row || row.isOnlySlow); count++) {
      const calm = await runPace(server, each.over, seconds * calmShare);
      const lasting = each.end === 'slow' ? Math.max(seconds, slowSeconds) : seconds;
      row = floodRow(each, await runFlood(server, each, lasting), calm);
    }
    if (!row) continue;
    console.log([row.line, ...row.problems.map((problem) => `  NOT AS IT MUST BE: ${problem}`)].join('\n'));
    if (row.problems.length > 0) failed++;
  }
  console.log(failed === 0 ? 'All floods were withstood.' : `${failed} floods were not withstood.`);
  return failed === 0 ? 0 : 1;
}

await runUntilStopped(runFloods);
