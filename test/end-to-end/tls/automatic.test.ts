import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { connect, type PeerCertificate } from 'node:tls';
import { AppFolder } from '../../support/app-folder.ts';
import { Galley, runGalley } from '../../support/galley.ts';
import { Pebble } from '../../support/pebble.ts';
import { recordHook } from '../../support/record-hook.ts';
import { requires } from '../../support/requirements.ts';
import { until } from '../../support/until.ts';

describe('galley with certificates from a CA (Pebble)', { skip: requires('go'), timeout: 300_000 }, () => {
  let folder: AppFolder;
  let pebble: Pebble;

  before(async () => {
    folder = await AppFolder.with({ 'hook.mjs': recordHook, 'hook.log': '' });
    await mkdir(folder.file('public'));
    await folder.write('public/index.html', 'served');
    pebble = await Pebble.start(folder);
  });

  after(async () => {
    await pebble?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  async function start(name: string, host: string, issuer: object): Promise<Galley> {
    const ca = {
      directory: pebble.directory,
      ca: './pebble-ca.pem',
      acceptTerms: true,
      folder: `./${name}`,
      ...issuer,
    };
    const tls = { address: `127.0.0.1:${pebble.tlsPort}`, tls: 'auto' };
    const server = { listen: [`127.0.0.1:${pebble.httpPort}`, tls], hosts: [host], files: './public' };
    await folder.write(`${name}.config.json`, JSON.stringify({ issuers: { ca }, servers: [server] }));
    return new Galley(['-c', folder.file(`${name}.config.json`)], { cwd: folder.path, namePython: false });
  }

  /** The certificate that a client gets who trusts the CA; undefined where it gets none. */
  async function certificateOf(host: string): Promise<PeerCertificate | undefined> {
    const ca = await pebble.root();
    const socket = connect({ host: '127.0.0.1', port: pebble.tlsPort, servername: host, ca });
    try {
      await once(socket, 'secureConnect');
      return socket.getPeerCertificate();
    } catch {
      return undefined;
    } finally {
      socket.destroy();
    }
  }

  for (const challenge of ['http-01', 'tls-alpn-01']) {
    it(`gets one by ${challenge}, renews it and takes it back`, async () => {
      const host = `${challenge}.test`;
      await using galley = await start(challenge, host, { challenges: [challenge] });
      await galley.says(new RegExp(`certificate for ${host}: obtained from "ca"`), 30_000);
      await until(async () => (await certificateOf(host)) !== undefined, 'a handshake');
      const first = await certificateOf(host);
      const command = async (action: string): Promise<void> => {
        const args = ['certificates', action, host, '--pid', String(galley.pid)];
        const { code, stdout, stderr } = await runGalley(args, { namePython: false });
        assert.equal(code, 0, stdout + stderr);
      };
      await command('renew');
      await until(async () => (await certificateOf(host))?.serialNumber !== first?.serialNumber, 'another certificate');
      const second = await certificateOf(host);
      await command('revoke');
      assert.equal(await pebble.statusOf(second?.serialNumber ?? ''), 'revoked');
      await until(
        async () => (await certificateOf(host))?.serialNumber !== second?.serialNumber,
        'another certificate',
      );
    });
  }

  it('goes on where a Galley was killed in the middle of an order', async () => {
    const dnsHook = [process.execPath, './hook.mjs', pebble.dnsManagement, folder.file('hook.log')];
    const issuer = { challenges: ['dns-01'], dnsHook };
    await folder.write('hook.log.wait', '');
    const killed = await start('killed', 'killed.test', issuer);
    await until(async () => (await readFile(folder.file('hook.log'), 'utf8')).includes('present'), 'the hook runs');
    killed.signalAll('SIGKILL');
    await killed.exited;
    await rm(folder.file('hook.log.wait'));
    await using _again = await start('killed', 'killed.test', issuer);
    await until(async () => (await certificateOf('killed.test')) !== undefined, 'a handshake', 30_000);
    const [first = '', second] = (await readFile(folder.file('hook.log'), 'utf8')).split('\n');
    assert.equal(second, first.replace('present', 'cleanup'));
  });

  it('stops in the middle of an order without waiting for it', async () => {
    const dnsHook = [process.execPath, './hook.mjs', pebble.dnsManagement, folder.file('stopped.log')];
    await folder.write('stopped.log', '');
    await folder.write('stopped.log.wait', '');
    await using galley = await start('stopped', 'stopped.test', { challenges: ['dns-01'], dnsHook });
    const said = (): Promise<string> => readFile(folder.file('stopped.log'), 'utf8');
    await until(async () => (await said()).includes('present'), 'the hook runs');
    assert.equal(await galley.stop(), 0);
    await galley.leavesNothing();
    assert.doesNotMatch(await said(), /cleanup/);
    await rm(folder.file('stopped.log.wait'));
    await using _again = await start('stopped', 'stopped.test', { challenges: ['dns-01'], dnsHook });
    await until(async () => (await certificateOf('stopped.test')) !== undefined, 'a handshake', 30_000);
    const [first = '', second] = (await said()).split('\n');
    assert.equal(second, first.replace('present', 'cleanup'));
  });
});
