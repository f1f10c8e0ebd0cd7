import type { Exchange } from '../../core/exchange.ts';
import type { QueueLimits } from '../../core/limits.ts';
import type { Outcome } from '../../core/reply.ts';
import type { Log } from '../../observe/log.ts';
import type { AppCounters } from '../counters.ts';
import type { FromFront, RequestName, ToWorkers } from '../front-message.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Hello, WorkerLink } from './worker-link.ts';
import { WorkerListener } from './worker-listener.ts';
import type { WorkerStream } from './worker-stream.ts';

export interface AppFrontOptions {
  /** Where workers connect. */
  readonly socket: string;
  readonly queue: QueueLimits;
  /** How long an app may take to begin its answer, in milliseconds; 0 for no limit. */
  readonly requestTimeoutMs: number;
  readonly counters: AppCounters;
  /** Which front thread this is. */
  readonly front: number;
  readonly log: Log;
  /** A monotonic clock in milliseconds that all threads share. */
  now(): number;
  /** Tells the supervisor. */
  tell(message: FromFront): void;
}

/** How many of the requests that a dead worker had are named. */
const mostNamed = 100;

/** What a front thread knows of one app: the links to its workers, and its requests on their way to them. */
export class AppFront {
  readonly #options: AppFrontOptions;
  readonly #dispatcher: Dispatcher;
  readonly #links: Map<number, WorkerLink> = new Map();
  #listener: WorkerListener | undefined;

  constructor(options: AppFrontOptions) {
    const { queue: limits, requestTimeoutMs, counters, front, now, tell } = options;
    this.#options = options;
    this.#dispatcher = new Dispatcher({
      limits,
      requestTimeoutMs,
      counters,
      front,
      now,
      late: (link, stream) =>
        tell({ kind: 'late', worker: workerOf(link), stream: stream.id, request: this.#name(stream) }),
      stuck: (link, stream) => {
        const silentMs = now() - link.heardAt;
        tell({ kind: 'stuck', worker: workerOf(link), request: this.#name(stream), silentMs });
      },
    });
  }

  /** Lets workers connect. */
  async open(): Promise<void> {
    const { socket, now } = this.#options;
    this.#listener = await WorkerListener.open(
      socket,
      {
        hello: (link, hello) => this.#hello(link, hello),
        ended: (link, stream, milliseconds) => this.#dispatcher.ended(link, stream, milliseconds),
        returned: (link, stream) => this.#dispatcher.returned(link, stream),
        recovered: () => this.#dispatcher.recovered(),
        tainted: (link) => this.#options.tell({ kind: 'tainted', worker: workerOf(link) }),
        retry: (stream) => this.#dispatcher.retry(stream),
        appError: (link, text, exchange) => this.#appError(workerOf(link), text, exchange),
        closed: (link, error, lost) => this.#closed(link, error, lost),
      },
      now,
    );
  }

  /** Answers by a worker; see Dispatcher. */
  dispatch(exchange: Exchange): Promise<Outcome> {
    return this.#dispatcher.dispatch(exchange);
  }

  /** What the supervisor tells of the workers. One that is gone is ignored: the messages have crossed. */
  receive(message: ToWorkers): void {
    const link = this.#links.get(message.worker);
    if (!link) return;
    switch (message.kind) {
      case 'serve':
        this.#dispatcher.add(link, message.slot);
        break;
      case 'invite':
        link.invite(message.socket);
        break;
      case 'drain':
        this.#dispatcher.remove(link);
        link.drain(message.isStop);
        break;
      case 'restart-websockets':
        link.restartWebSockets();
        break;
      case 'cut':
        link.destroy();
        break;
      case 'cancel':
        this.#dispatcher.cancelLate(link, message.stream);
        break;
    }
  }

  /** Refuses what is queued, what still comes, and what has no answer yet. */
  refuseAll(): void {
    this.#dispatcher.close();
  }

  async close(): Promise<void> {
    this.#dispatcher.close();
    await this.#listener?.close();
  }

  #hello(link: WorkerLink, hello: Hello): void {
    // One that was asked twice to connect has done so twice.
    if (this.#links.has(hello.worker)) {
      link.destroy();
      return;
    }
    this.#links.set(hello.worker, link);
    this.#options.tell({ kind: 'hello', hello });
  }

  #closed(link: WorkerLink, error: Error | undefined, lost: readonly WorkerStream[]): void {
    const worker = workerOf(link);
    this.#dispatcher.forget(link);
    if (this.#links.get(worker) !== link) return;
    this.#links.delete(worker);
    const names = lost.slice(0, mostNamed).map((stream) => this.#name(stream));
    this.#options.tell({ kind: 'link-closed', worker, error: error?.message, lost: names });
  }

  #name({ exchange, startedAt }: WorkerStream): RequestName {
    return { id: exchange.id, line: lineOf(exchange), elapsedMs: this.#options.now() - startedAt };
  }

  #appError(worker: number, text: string, exchange: Exchange | undefined): void {
    const line = exchange ? lineOf(exchange) : 'in a request that ended long ago';
    this.#options.log.error(`the app failed: ${line}`, { request: exchange?.id, worker, text });
  }
}

function workerOf(link: WorkerLink): number {
  return link.hello?.worker ?? 0;
}

function lineOf({ request }: Exchange): string {
  return `${request.method} ${request.target}`;
}
