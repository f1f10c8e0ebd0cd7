import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../test/support/certificates.ts';
import { Galley, ready } from '../../test/support/galley.ts';

const host = 'tls.test';

/** Galley with one preset and certificates of a CA of its own, ECDSA and RSA. */
export class TlsGalley {
  readonly galley: Galley;
  readonly #folder: string;

  private constructor(galley: Galley, folder: string) {
    this.galley = galley;
    this.#folder = folder;
  }

  static async start(preset: 'intermediate' | 'modern'): Promise<TlsGalley> {
    const folder = mkdtempSync(join(tmpdir(), 'galley-tls-'));
    const ca = makeCertificate(['ca.test'], { isCa: true });
    for (const kind of ['ecdsa', 'rsa'] as const) {
      const { certificate, key } = makeCertificate([host], { kind, by: ca });
      writeFileSync(join(folder, `${kind}.pem`), certificate + ca.certificate + key, { mode: 0o600 });
    }
    const certificates = ['./ecdsa.pem', './rsa.pem'].map((file) => ({ certificate: file, key: file }));
    const server = {
      listen: [{ address: '127.0.0.1:0', tls: { preset, certificates } }],
      respond: 'A page of some length.\n',
    };
    const config = join(folder, 'galley.config.json');
    writeFileSync(config, JSON.stringify({ defaults: { accessLog: false }, servers: [server] }));
    return new TlsGalley(await ready(new Galley(['-c', config], { namePython: false })), folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.galley[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
