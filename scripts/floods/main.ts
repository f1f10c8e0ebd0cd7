import { parseArgs } from 'node:util';
import type { PaceReport } from '../../test/support/floods/flood-report.ts';
import { FloodedGalley } from '../../test/support/floods/flooded-galley.ts';
import { type FloodTransport, floodCases, runFlood, runPace } from '../../test/support/floods/run-flood.ts';
import { runUntilStopped } from '../conformance/run-until-stopped.ts';
import { floodRow, tableHead } from './flood-table.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '30' }, only: { type: 'string', default: '' } },
});
const seconds = Number(values.seconds);
const only = new RegExp(values.only);
/** How long an honest client is alone before the floods, in seconds, after as long a time in which code gets warm. */
const calmSeconds = 10;

/** Each flood beside an honest client: a table, and whether all of it is as it must be. */
async function runFloods(signal: AbortSignal): Promise<number> {
  await using server = await FloodedGalley.start();
  const calm: Partial<Record<FloodTransport, PaceReport>> = {};
  for (const over of ['cleartext', 'TLS'] as const) {
    await runPace(server, over, calmSeconds);
    calm[over] = await runPace(server, over, calmSeconds);
    const { p50, p99 } = calm[over];
    console.log(`Calm, over ${over}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  }
  console.log(`\n${tableHead}`);
  let failed = 0;
  for (const each of floodCases().filter(({ name, over }) => only.test(`${name}, ${over}`))) {
    const alone = calm[each.over];
    if (!alone || signal.aborted) continue;
    const { line, problems } = floodRow(each, await runFlood(server, each, seconds), alone);
    console.log([line, ...problems.map((problem) => `  NOT AS IT MUST BE: ${problem}`)].join('\n'));
    if (problems.length > 0) failed++;
  }
  console.log(failed === 0 ? 'All floods were withstood.' : `${failed} floods were not withstood.`);
  return failed === 0 ? 0 : 1;
}

await runUntilStopped(runFloods);
