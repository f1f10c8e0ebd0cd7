import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runTestssl } from '../../../scripts/conformance/testssl.ts';
import { TlsGalley } from '../../../scripts/conformance/tls-galley.ts';
import { summarizeTls } from '../../../scripts/conformance/tls-results.ts';
import { AppFolder } from '../../support/app-folder.ts';
import { requires } from '../../support/requirements.ts';

// The whole of it is `npm run conformance:tls`.
const checks = ['--protocols', '--std'];

describe('testssl', { skip: requires('testssl'), timeout: 120_000 }, () => {
  it(`finds nothing of severity MEDIUM with the intermediate preset: ${checks.join(' ')}`, async () => {
    await using folder = await AppFolder.with({});
    await using server = await TlsGalley.start('intermediate');
    const findings = await runTestssl(server.galley.port, folder.file('testssl.json'), checks);
    const { lines, passed } = summarizeTls(findings);
    assert.ok(passed, lines.join('\n'));
  });
});
