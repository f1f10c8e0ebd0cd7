import type { AppCounters } from '../counters.ts';
import type { RequestName } from '../front-message.ts';
import { RecentHistogram } from '../histogram.ts';
import type { Drain } from './drain.ts';
import { type DrainReason, nextState, type WorkerEvent, type WorkerState } from './lifecycle.ts';
import type { PlannedWorker } from './plan.ts';
import { cpuShare, type ProcessUsage } from './process-usage.ts';
import type { RecyclingMargin } from './recycling.ts';
import type { Version } from './version.ts';

/** One worker process, from before it is forked to its exit. */
export class Worker {
  readonly id: number;
  /** Where it is in the counters. */
  readonly slot: number;
  readonly version: Version;
  /** Whether it has GALLEY_WORKER_LEADER. */
  readonly isLeader: boolean;
  readonly startedAt: number;
  readonly margin: RecyclingMargin;
  readonly latency: RecentHistogram;
  /** The front threads that it is connected to. */
  readonly fronts: Set<number> = new Set();
  /** When it was last asked to connect to a front thread. */
  readonly invitedAt: Map<number, number> = new Map();
  /** Requests that it had when links to it were lost. */
  readonly lost: RequestName[] = [];
  pid: number | undefined;
  readyAt: number | undefined;
  /** Why another one is to take its place. */
  retire: DrainReason | undefined;
  /** Nothing comes from it any more: waiting for its requests would be in vain. */
  isHung = false;
  /** It has said why it cannot start. */
  hasSaidWhy = false;
  drain: Drain | undefined;
  usage: ProcessUsage | undefined;
  cpuShare: number | undefined;
  readonly #counters: AppCounters;
  #state: WorkerState = { name: 'starting' };

  constructor(
    id: number,
    slot: number,
    version: Version,
    isLeader: boolean,
    margin: RecyclingMargin,
    counters: AppCounters,
    now: number,
  ) {
    this.id = id;
    this.slot = slot;
    this.version = version;
    this.isLeader = isLeader;
    this.margin = margin;
    this.startedAt = now;
    this.#counters = counters;
    counters.clearSlot(slot);
    this.latency = new RecentHistogram(() => this.latencies, now);
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Throws for a move that it cannot make. */
  move(event: WorkerEvent): void {
    this.#state = nextState(this.#state, event);
  }

  /** Whether it starts or serves, and is not to be replaced. */
  get isStaying(): boolean {
    return !this.retire && (this.#state.name === 'starting' || this.#state.name === 'ready');
  }

  get inFlight(): number {
    return this.#counters.inFlight(this.slot);
  }

  /** Requests under way that it goes on with although they were cancelled. */
  get stuckRequests(): number {
    return this.#counters.stuck(this.slot);
  }

  /** Its latencies since it began, by bucket (histogram.ts). */
  get latencies(): Uint32Array {
    return this.#counters.latencies(this.slot);
  }

  get requests(): number {
    return this.#counters.requests(this.slot);
  }

  /** Takes a new reading of what the process uses. */
  used(usage: ProcessUsage | undefined): void {
    if (usage && this.usage) this.cpuShare = cpuShare(this.usage, usage);
    this.usage = usage;
  }

  /** As the plan sees it; undefined once it has exited. */
  get planned(): PlannedWorker | undefined {
    const { name } = this.#state;
    if (name === 'exited') return undefined;
    return { id: this.id, state: name, retire: this.retire, isLeader: this.isLeader, inFlight: this.inFlight };
  }
}
