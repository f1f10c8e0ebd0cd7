import { mkdir } from 'node:fs/promises';
import { AppFolder } from '../app-folder.ts';
import { makeCertificate } from '../certificates.ts';
import { freePorts } from '../free-ports.ts';
import { Galley, ready } from '../galley.ts';
import type { FloodedServer, FloodTransport } from './run-flood.ts';

const large = 5_000_000;

/** Galley with a folder of files on two ports, one with TLS: one front thread, in the main thread, and its own limits. */
export class FloodedGalley implements FloodedServer {
  readonly galley: Galley;
  readonly #folder: AppFolder;
  readonly #ports: Readonly<Record<FloodTransport, number>>;

  private constructor(galley: Galley, folder: AppFolder, ports: Readonly<Record<FloodTransport, number>>) {
    this.galley = galley;
    this.#folder = folder;
    this.#ports = ports;
  }

  static async start(): Promise<FloodedGalley> {
    const [cleartext = 0, tls = 0] = await freePorts(2);
    const { certificate, key } = makeCertificate(['a.test']);
    const config = {
      servers: [
        {
          listen: [
            { address: `127.0.0.1:${cleartext}`, http2: true },
            { address: `127.0.0.1:${tls}`, tls: { certificates: [{ certificate: './a.pem', key: './a.key' }] } },
          ],
          files: './public',
        },
      ],
    };
    const folder = await AppFolder.with({ 'a.pem': certificate, 'galley.config.json': JSON.stringify(config) });
    await folder.write('a.key', key);
    await mkdir(folder.file('public'));
    await folder.write('public/index.html', 'A page of some length.\n');
    await folder.write('public/large.bin', 'x'.repeat(large));
    const started = new Galley(['-c', folder.file('galley.config.json')], { namePython: false });
    return new FloodedGalley(await ready(started), folder, { cleartext, TLS: tls });
  }

  get pid(): number {
    return this.galley.pid;
  }

  port = (over: FloodTransport): number => this.#ports[over];

  async [Symbol.asyncDispose](): Promise<void> {
    await this.galley[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
