import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LinkEvents, WorkerLink } from './worker-link.ts';

/** The Unix socket that workers connect to, in a folder that only this user can enter. */
export class WorkerListener {
  readonly path: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #links: Set<WorkerLink>;
  /** For a process that ends without waiting for `close`. */
  readonly #removeFolder = (): void => rmSync(this.#folder, { recursive: true, force: true });

  private constructor(folder: string, path: string, server: Server, links: Set<WorkerLink>) {
    this.#folder = folder;
    this.path = path;
    this.#server = server;
    this.#links = links;
    process.once('exit', this.#removeFolder);
  }

  /** Listens; every connection becomes a link that reports to `events`. `now`: a monotonic clock in milliseconds. */
  static async open(events: LinkEvents, now: () => number): Promise<WorkerListener> {
    const folder = await mkdtemp(join(tmpdir(), 'galley-'));
    const path = join(folder, 'front.sock');
    const links: Set<WorkerLink> = new Set();
    const closed = (link: WorkerLink, error: Error | undefined): void => {
      links.delete(link);
      events.closed(link, error);
    };
    const server = createServer((socket) => links.add(new WorkerLink(socket, { ...events, closed }, now)));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    return new WorkerListener(folder, path, server, links);
  }

  /** Cuts what links are left and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const link of this.#links) link.destroy();
    await closed;
    process.off('exit', this.#removeFolder);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
