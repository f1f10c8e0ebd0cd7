import type { BenchCase } from './cases.ts';
import { freePort } from './free-port.ts';
import { NginxSite } from './nginx/site.ts';
import { probe } from './probe.ts';
import { ServerProcess } from './server-process.ts';
import { nginxCommand } from './servers.ts';

/** Debian's nginx behind the proxies of a case, on the CPU of the load: what it takes is not counted. */
export class BenchUpstream implements AsyncDisposable {
  readonly port: number;
  readonly #site: NginxSite;
  readonly #process: ServerProcess;

  private constructor(name: string, port: number) {
    this.port = port;
    this.#site = new NginxSite(name, { port }, 1);
    const { folder } = this.#site;
    this.#process = new ServerProcess(nginxCommand(folder), folder, 1);
  }

  /** `name`: the file of `bench/nginx`. Throws where it does not answer as the case has it. */
  static async start(name: string, benchCase: BenchCase, signal: AbortSignal): Promise<BenchUpstream> {
    const upstream = new BenchUpstream(name, await freePort());
    try {
      await upstream.#process.untilReady(() => probe(benchCase, upstream.port), signal);
    } catch (error) {
      await upstream[Symbol.asyncDispose]();
      throw error;
    }
    return upstream;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
    this.#site[Symbol.dispose]();
  }
}
