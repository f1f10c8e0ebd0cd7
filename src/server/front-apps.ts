import { AppCounters } from '../app/counters.ts';
import { AppFront } from '../app/dispatch/app-front.ts';
import type { FromFront, ToWorkers } from '../app/front-message.ts';
import { PeerError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Outcome } from '../core/reply.ts';
import type { Log } from '../observe/log.ts';
import { StartErrorPage } from '../site/start-failure/start-error-page.ts';
import type { StartFailure } from '../site/start-failure/start-failure.ts';
import type { FrontApp } from './front-thread-message.ts';
import { sharedNow } from './shared-clock.ts';

interface OpenApp {
  readonly front: AppFront;
  /** Shows why the app cannot start, in development. */
  readonly page: StartErrorPage | undefined;
}

/** The apps that one front thread can reach. */
export class FrontApps {
  readonly #front: number;
  readonly #frontCount: number;
  readonly #log: Log;
  readonly #tell: (app: number, message: FromFront) => void;
  readonly #apps: Map<number, OpenApp> = new Map();

  constructor(front: number, frontCount: number, log: Log, tell: (app: number, message: FromFront) => void) {
    this.#front = front;
    this.#frontCount = frontCount;
    this.#log = log;
    this.#tell = tell;
  }

  /** Lets the workers of an app connect. */
  async open({ id, queue, requestTimeoutMs, showsStartFailure, counters }: FrontApp, socket: string): Promise<void> {
    const front = new AppFront({
      socket,
      queue,
      requestTimeoutMs,
      counters: new AppCounters(this.#frontCount, counters),
      front: this.#front,
      log: this.#log,
      now: sharedNow(),
      tell: (message) => this.#tell(id, message),
    });
    this.#apps.set(id, { front, page: showsStartFailure ? new StartErrorPage() : undefined });
    await front.open();
  }

  /** Its workers are gone. */
  async close(id: number): Promise<void> {
    const app = this.#apps.get(id);
    this.#apps.delete(id);
    app?.page?.close();
    await app?.front.close();
  }

  receive(id: number, message: ToWorkers): void {
    this.#apps.get(id)?.front.receive(message);
  }

  show(id: number, failure: StartFailure | undefined): void {
    this.#apps.get(id)?.page?.show(failure);
  }

  /** Answers by a worker; see Dispatcher. */
  dispatch(id: number | undefined, exchange: Exchange): Outcome | Promise<Outcome> {
    const app = id === undefined ? undefined : this.#apps.get(id);
    // Only while a config that has dropped the app takes the place of one that has it.
    if (!app) throw new PeerError('shutting-down', 'The app is gone');
    return app.page?.answer(exchange) ?? app.front.dispatch(exchange);
  }

  /** Refuses what is queued, what still comes, and what has no answer yet. */
  refuseAll(): void {
    for (const { front } of this.#apps.values()) front.refuseAll();
  }

  /** Galley stops: no page waits any longer. */
  closePages(): void {
    for (const { page } of this.#apps.values()) page?.close();
  }

  async closeAll(): Promise<void> {
    for (const id of [...this.#apps.keys()]) await this.close(id);
  }
}
