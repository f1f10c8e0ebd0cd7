import { readFile } from 'node:fs/promises';
import { AppFolder } from '../../support/app-folder.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { type GalleyNginx, serveWithGalley } from '../../support/nginx-serving.ts';
import { testAppBlock } from '../config/config-stage.ts';

/** An app of test/apps behind TLS and HTTP/2, with a log of what each request came by. */
export class Http2Galley {
  readonly #folder: AppFolder;
  readonly #serving: GalleyNginx;

  private constructor(folder: AppFolder, serving: GalleyNginx) {
    this.#folder = folder;
    this.#serving = serving;
  }

  /** `more`: further words of the app's block. */
  static async start(app: string, more = ''): Promise<Http2Galley> {
    const folder = await AppFolder.with({});
    const { certificate, key } = makeCertificate(['localhost']);
    await folder.write('server.pem', certificate);
    await folder.write('server.key', key);
    const serving = await serveWithGalley({
      folder: folder.path,
      main: testAppBlock('tested', app, more),
      http: `log_format protocol '$server_protocol $request_method $request_uri $status';
      server {
        listen LISTEN0 ssl http2; ssl_certificate FOLDER/server.pem; ssl_certificate_key FOLDER/server.key;
        access_log FOLDER/protocol.log protocol; client_max_body_size 10m; keepalive_requests 10000;
        location / { app_pass tested; }
      }`,
    });
    return new Http2Galley(folder, serving);
  }

  get port(): number {
    return this.#serving.ports[0] ?? 0;
  }

  get url(): string {
    return `https://localhost:${this.port}`;
  }

  get certificate(): string {
    return this.#folder.file('server.pem');
  }

  file(name: string): string {
    return this.#folder.file(name);
  }

  /** `PROTOCOL METHOD PATH STATUS` of each request that is over. */
  async log(): Promise<string[]> {
    return (await readFile(this.#folder.file('protocol.log'), 'latin1').catch(() => '')).split('\n').filter(Boolean);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#serving[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
