import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test/support/free-ports.ts';
import { Galley, ready } from '../../test/support/galley.ts';
import { selfSigned } from '../../test/support/self-signed.ts';
import { type Exceptions, readReport, summarizeH2 } from './h2-results.ts';
import { hasGo, installH2spec, runH2spec } from './h2spec.ts';
import { runUntilStopped } from './run-until-stopped.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.cache/conformance');
/** The exit code of a suite that was not run, as automake's test runner has it. */
const skipped = 77;

const noPriorities = 'RFC 9113 §5.3.2 has no dependencies of streams any more: what says one is read past';

const exceptions: Exceptions = {
  'http2/5.3.1 Sends HEADERS frame that depend on itself': noPriorities,
  'http2/5.3.1 Sends PRIORITY frame that depend on itself': noPriorities,
};

/** Without TLS, HTTP/1.1 is spoken on the same port. */
const cleartextExceptions: Exceptions = {
  ...exceptions,
  'http2/3.5 Sends invalid connection preface':
    'what is no preface is a request of HTTP/1.1 here: it is answered by 400, and the connection closed',
};

/** A page on two ports, the second one with TLS. */
function configFor(cleartext: number, tls: number): string {
  return `events {}
http {
  access_log off;
  server {
    listen 127.0.0.1:${cleartext} http2;
    listen 127.0.0.1:${tls} ssl http2;
    ssl_certificate certificate.pem;
    ssl_certificate_key key.pem;
    location / {
      return 200 "A page of some length.\\n";
    }
  }
}
`;
}

/** Runs h2spec against Galley, without and with TLS. */
async function runSuite(signal: AbortSignal): Promise<number> {
  if (!hasGo()) {
    console.error('Skipped: h2spec is built with Go, which is not there.');
    return skipped;
  }
  mkdirSync(folder, { recursive: true });
  const h2spec = installH2spec(folder);
  const site = mkdtempSync(join(tmpdir(), 'galley-h2-'));
  try {
    const [cleartext = 0, tls = 0] = await freePorts(2);
    const { cert, key } = await selfSigned();
    writeFileSync(join(site, 'certificate.pem'), cert);
    writeFileSync(join(site, 'key.pem'), key, { mode: 0o600 });
    writeFileSync(join(site, 'nginx.conf'), configFor(cleartext, tls));
    await using galley = await ready(new Galley(['-c', join(site, 'nginx.conf')], { namePython: false }));
    let passed = true;
    const runs = [
      { name: 'cleartext', port: cleartext, isTls: false, known: cleartextExceptions },
      { name: 'TLS', port: tls, isTls: true, known: exceptions },
    ];
    for (const { name, port, isTls, known } of runs) {
      const report = join(folder, `h2-${name.toLowerCase()}.xml`);
      const summary = summarizeH2(readReport(await runH2spec(h2spec, { port, isTls, report }, signal)), known);
      console.log(`\nHTTP/2 over ${name}\n${summary.lines.join('\n')}\nThe report: ${report}`);
      passed &&= summary.passed;
    }
    writeFileSync(join(folder, 'h2-galley.log'), galley.stderr());
    return passed ? 0 : 1;
  } finally {
    rmSync(site, { recursive: true, force: true });
  }
}

await runUntilStopped(runSuite);
