import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programPath } from '../../test/support/requirements.ts';
import { runUntilStopped } from './run-until-stopped.ts';
import { runTestssl } from './testssl.ts';
import { TlsGalley } from './tls-galley.ts';
import { summarizeTls } from './tls-results.ts';

const folder = fileURLToPath(new URL('../../.cache/conformance', import.meta.url));
/** The exit code of a suite that was not run, as automake's test runner has it. */
const skipped = 77;

/** Runs testssl against Galley with each preset that is for clients of today. */
async function runSuite(signal: AbortSignal): Promise<number> {
  if (!programPath('testssl')) {
    console.error('Skipped: there is no testssl; Debian\'s package is "testssl.sh".');
    return skipped;
  }
  mkdirSync(folder, { recursive: true });
  let passed = true;
  for (const preset of ['intermediate', 'modern'] as const) {
    await using server = await TlsGalley.start(preset);
    const report = join(folder, `testssl-${preset}.json`);
    const summary = summarizeTls(await runTestssl(server.galley.port, report, [], signal));
    console.log(`\nTLS, preset ${preset}\n${summary.lines.join('\n')}\nThe report: ${report}`);
    passed &&= summary.passed;
  }
  return passed ? 0 : 1;
}

await runUntilStopped(runSuite);
