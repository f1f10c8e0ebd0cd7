import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { type LinkEvents, WorkerLink } from './worker-link.ts';

/** The Unix socket that workers connect to, in a folder that only this user can enter. */
export class WorkerListener {
  readonly #server: Server;
  readonly #links: Set<WorkerLink>;

  private constructor(server: Server, links: Set<WorkerLink>) {
    this.#server = server;
    this.#links = links;
  }

  /** Listens at `path`, in the place of one that is gone; every connection becomes a link that reports to `events`. `now`: a monotonic clock in milliseconds. */
  static async open(path: string, events: LinkEvents, now: () => number): Promise<WorkerListener> {
    const links: Set<WorkerLink> = new Set();
    const closed: LinkEvents['closed'] = (link, error, lost) => {
      links.delete(link);
      events.closed(link, error, lost);
    };
    const server = createServer((socket) => links.add(new WorkerLink(socket, { ...events, closed }, now)));
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    return new WorkerListener(server, links);
  }

  /** Cuts what links are left and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const link of this.#links) link.destroy();
    await closed;
  }
}
