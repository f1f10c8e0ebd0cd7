import { LoadConnection } from './load-connection.ts';
import { type FailureCause, LoadCounts, type LoadReport } from './load-report.ts';

/** One kind of request of a load. */
export interface LoadPath {
  readonly path: string;
  /** GET unless said otherwise. A POST has an empty body; a server must not send it to its app twice, as it may a GET. */
  readonly method?: 'GET' | 'POST';
  /** How often it is sent, relative to the others; 1 unless said otherwise. */
  readonly weight?: number;
}

/** A whole answer. */
export interface LoadAnswer {
  readonly path: string;
  readonly status: number;
  readonly body: string;
  /** From the moment it was due, in milliseconds. */
  readonly latencyMs: number;
}

export interface LoadOptions {
  /** A port of 127.0.0.1. */
  readonly port: number;
  /** Connections that are kept for many requests. */
  readonly keptAlive: number;
  /** Clients that open a connection for each request and say `connection: close`. */
  readonly oneRequest: number;
  /** `/` unless said otherwise. */
  readonly paths?: readonly LoadPath[];
  /**
   * Of all clients together. A request that finds no client free waits for one, and its latency counts from when it was due: a
   * slow server gets no less load than a fast one. As much as the clients can send unless said otherwise.
   */
  readonly requestsPerSecond?: number;
  /** How long an answer may take, in milliseconds; 10 s unless said otherwise. */
  readonly timeoutMs?: number;
  readonly answered?: (answer: LoadAnswer) => void;
}

/** How long a client without an answer waits before it tries again, in milliseconds. */
const retryMs = 10;
const lateCheckMs = 50;

interface Client {
  readonly keepsAlive: boolean;
  connection: LoadConnection | undefined;
}

/** A constant load of requests on one address, which counts all that is sent and all that becomes of it. */
export class LoadClient {
  readonly #options: LoadOptions;
  readonly #counts: LoadCounts = new LoadCounts();
  readonly #draw: () => LoadPath;
  readonly #free: Client[] = [];
  readonly #clients: readonly Client[];
  readonly #startedAt: number = performance.now();
  readonly #lateCheck: NodeJS.Timeout;
  readonly #retries: Set<NodeJS.Timeout> = new Set();
  readonly #stopped: PromiseWithResolvers<void> = Promise.withResolvers();
  #pace: NodeJS.Timeout | undefined;
  #isStopping = false;
  #underWay = 0;
  /** Requests of a paced load so far. */
  #begun = 0;

  private constructor(options: LoadOptions) {
    this.#options = options;
    this.#draw = drawing(options.paths ?? [{ path: '/' }]);
    this.#clients = Array.from({ length: options.keptAlive + options.oneRequest }, (_, index) => ({
      keepsAlive: index < options.keptAlive,
      connection: undefined,
    }));
    this.#lateCheck = setInterval(() => {
      for (const { connection } of this.#clients) connection?.failIfLate(performance.now());
    }, lateCheckMs);
    this.#free.push(...this.#clients);
    if (options.requestsPerSecond === undefined) this.#sendAll();
    else this.#pace = setInterval(() => this.#sendDue(), 1);
  }

  static start(options: LoadOptions): LoadClient {
    return new LoadClient(options);
  }

  /** What has come of the load so far. */
  report(): LoadReport {
    return this.#counts.report();
  }

  /** Sends no more, waits for the answers that are due and closes all connections. */
  async stop(): Promise<LoadReport> {
    this.#isStopping = true;
    clearInterval(this.#pace);
    for (const timer of this.#retries) clearTimeout(timer);
    if (this.#underWay === 0) this.#stopped.resolve();
    await this.#stopped.promise;
    clearInterval(this.#lateCheck);
    for (const { connection } of this.#clients) connection?.close();
    return this.report();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #sendAll(): void {
    for (const client of this.#free.splice(0)) this.#send(client, performance.now());
  }

  #sendDue(): void {
    const { requestsPerSecond = 0 } = this.#options;
    const msEach = 1_000 / requestsPerSecond;
    const due = Math.floor((performance.now() - this.#startedAt) / msEach);
    while (this.#begun < due) {
      const client = this.#free.shift();
      if (!client) return;
      this.#send(client, this.#startedAt + this.#begun++ * msEach);
    }
  }

  #send(client: Client, dueAt: number): void {
    const { path, method = 'GET' } = this.#draw();
    const { port, timeoutMs = 10_000, answered } = this.#options;
    if (!client.connection?.isUsable) {
      this.#counts.connections++;
      client.connection = new LoadConnection(port);
    }
    this.#underWay++;
    this.#counts.sent++;
    client.connection.send({
      method,
      path,
      keepsAlive: client.keepsAlive,
      lateAt: performance.now() + timeoutMs,
      answered: (status, body) => {
        const latencyMs = performance.now() - dueAt;
        this.#counts.answered(path, status, latencyMs);
        answered?.({ path, status, body, latencyMs });
        this.#over(client);
      },
      failed: (cause, detail) => this.#failed(client, cause, `${method} ${path}: ${detail}`),
    });
  }

  #failed(client: Client, cause: FailureCause, detail: string): void {
    this.#counts.failed(cause, detail);
    this.#underWay--;
    if (this.#isStopping) {
      if (this.#underWay === 0) this.#stopped.resolve();
      return;
    }
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      this.#next(client);
    }, retryMs);
    this.#retries.add(timer);
  }

  #over(client: Client): void {
    this.#underWay--;
    if (this.#isStopping) {
      if (this.#underWay === 0) this.#stopped.resolve();
    } else this.#next(client);
  }

  #next(client: Client): void {
    this.#free.push(client);
    if (this.#options.requestsPerSecond === undefined) this.#sendAll();
    else this.#sendDue();
  }
}

/**
 * Draws paths by their weights: as if by chance, so that no pattern meets one of the server's, but the same in every run
 * (a linear congruential generator, with the constants of Numerical Recipes).
 */
function drawing(paths: readonly LoadPath[]): () => LoadPath {
  const total = paths.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    let rest = (state / 2 ** 32) * total;
    for (const each of paths) {
      rest -= each.weight ?? 1;
      if (rest < 0) return each;
    }
    return { path: '/' };
  };
}
