/** Why a request has no whole answer. */
export type FailureCause =
  | 'refused'
  /** Nothing could be sent, for another reason than a refusal. */
  | 'not-connected'
  | 'reset-before-answer'
  | 'reset-in-answer'
  /** The server ended its side in order and owed an answer. */
  | 'closed-before-answer'
  | 'closed-in-answer'
  /** A kept-alive connection was closed in the very moment in which the request was written; browsers send it again. */
  | 'closed-idle-race'
  | 'timeout'
  | 'malformed';

/** What has come of a load. */
export interface LoadReport {
  readonly sent: number;
  /** Whole answers, of whatever status. */
  readonly answered: number;
  readonly statuses: Readonly<Record<number, number>>;
  /** Requests without a whole answer. */
  readonly failed: number;
  readonly failures: Readonly<Partial<Record<FailureCause, number>>>;
  /** The first few of them, one sentence each. */
  readonly firstFailures: readonly string[];
  /** Connections that were opened, or tried to be. */
  readonly connections: number;
  /** Latencies of the answers by path, in milliseconds, in the order of the answers. */
  readonly latenciesMs: ReadonlyMap<string, readonly number[]>;
}

const mostFirstFailures = 10;

/** Where a load counts. */
export class LoadCounts {
  readonly #statuses: Record<number, number> = {};
  readonly #failures: Partial<Record<FailureCause, number>> = {};
  readonly #firstFailures: string[] = [];
  readonly #latenciesMs: Map<string, number[]> = new Map();
  #answered = 0;
  #failed = 0;
  sent = 0;
  connections = 0;

  answered(path: string, status: number, latencyMs: number): void {
    this.#answered++;
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    const latencies = this.#latenciesMs.get(path);
    if (latencies) latencies.push(latencyMs);
    else this.#latenciesMs.set(path, [latencyMs]);
  }

  failed(cause: FailureCause, detail: string): void {
    this.#failed++;
    this.#failures[cause] = (this.#failures[cause] ?? 0) + 1;
    if (this.#firstFailures.length < mostFirstFailures) this.#firstFailures.push(`${cause}: ${detail}`);
  }

  report(): LoadReport {
    return {
      sent: this.sent,
      answered: this.#answered,
      statuses: { ...this.#statuses },
      failed: this.#failed,
      failures: { ...this.#failures },
      firstFailures: [...this.#firstFailures],
      connections: this.connections,
      latenciesMs: this.#latenciesMs,
    };
  }
}

/** The least value that this share of all does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
