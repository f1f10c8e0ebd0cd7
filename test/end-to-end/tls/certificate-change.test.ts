import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { makeCertificate } from '../../support/certificates.ts';
import { freePorts } from '../../support/free-ports.ts';
import { shownSerial, TlsLoad } from '../../support/tls-load.ts';
import { until } from '../../support/until.ts';
import { ConfigStage } from '../config/config-stage.ts';

const changes = 10;
const host = 'changing.test';
const authority = makeCertificate(['ca.test'], { isCa: true });
const read = /the config was read again and is in use/;
const kept = /the config in use stays: /;

function config(port: number): string {
  return JSON.stringify({
    process: { frontThreads: 2 },
    defaults: { accessLog: false },
    servers: [
      {
        listen: [
          { address: `127.0.0.1:${port}`, tls: { certificates: [{ certificate: './tls.pem', key: './tls.pem' }] } },
        ],
        respond: 'served',
      },
    ],
  });
}

/** A certificate and its key in one text, and the number of it. */
function next(): { readonly pem: string; readonly serial: string } {
  const { certificate, key } = makeCertificate([host], { by: authority });
  return { pem: certificate + key, serial: new X509Certificate(certificate).serialNumber };
}

describe('galley, when certificates change under load', { timeout: 180_000 }, () => {
  it(`fails no request in ${changes} changes, and keeps connections, with 2 front threads`, async () => {
    const [port = 0] = await freePorts(1);
    const first = next();
    await using stage = await ConfigStage.start({ 'galley.config.json': config(port), 'tls.pem': first.pem });
    const target = { port, servername: host, ca: authority.certificate, body: 'served' };
    const shows = async (serial: string): Promise<void> => {
      let alike = 0;
      // Both front threads have it: which one takes a connection is chance.
      await until(
        async () => {
          alike = (await shownSerial(target)) === serial ? alike + 1 : 0;
          return alike >= 20;
        },
        () => `new connections are shown ${serial}`,
        30_000,
      );
    };
    await shows(first.serial);
    const load = TlsLoad.start(target);
    const answersMore = async (): Promise<void> => {
      const { answered } = load.report();
      await until(
        () => Object.entries(load.report().answered).every(([kind, count]) => count > answered[kind as 'http1'] + 10),
        () => `more answers than ${JSON.stringify(answered)}: ${JSON.stringify(load.report())}`,
      );
    };
    let current = first.serial;
    let reloads = 0;
    let refusals = 0;
    for (let count = 0; count < changes; count++) {
      await answersMore();
      const { pem, serial } = next();
      if (count % 3 === 0) {
        // It is seen by itself.
        await stage.folder.write('next.pem', pem);
        await rename(stage.folder.file('next.pem'), stage.folder.file('tls.pem'));
      } else {
        await stage.folder.write('tls.pem', pem.slice(0, count % 3 === 1 ? 300 : pem.length - 100));
        await stage.command('reload', '--pid', `${stage.galley.pid}`);
        await stage.says(kept, ++refusals);
        assert.equal(await shownSerial(target), current);
        await stage.folder.write('tls.pem', pem);
        await stage.command('reload', '--pid', `${stage.galley.pid}`);
        await stage.says(read, ++reloads);
      }
      await shows(serial);
      current = serial;
    }
    await answersMore();
    const { failures, closed, answered } = await load.stop();
    assert.deepEqual(failures, []);
    assert.equal(closed, 0, 'connections stay open');
    assert.ok(
      Object.values(answered).every((count) => count > 10 * changes),
      JSON.stringify(answered),
    );
  });
});
