import { restartDelayMs } from '../app/supervision/backoff.ts';
import type { Bind } from '../core/bind.ts';
import { bindText, ListenError } from '../front/listen.ts';
import type { Log } from '../observe/log.ts';
import type { SitePlan } from '../plan/site-plan.ts';
import { type ZoneBuffers, ZoneMemoryError, zoneBuffers } from '../site/limits/limit-zones.ts';
import type { TlsSupervisor } from '../tls/supervision/tls-supervisor.ts';
import type { UpstreamState } from '../upstream/member.ts';
import type { UpstreamSupervisor } from '../upstream/supervision/upstream-supervisor.ts';
import type { AppRunner } from './app-runner.ts';
import type { FrontSite, ListenerPlace } from './front-thread-message.ts';
import type { FrontThreads } from './front-threads.ts';
import type { ListenPlan } from './inherited-sockets.ts';
import { ListenerNumbers, neededListeners } from './listeners.ts';
import { ServingError } from './serving.ts';

/** An address that another process still has is tried again after so long at most, in milliseconds. */
const longestPauseMs = 1_000;

/** What goes with a plan; one of `keep` and `drop` is to be called. */
interface Coming {
  upstreams(): readonly UpstreamState[];
  tls(): Pick<FrontSite, 'tls' | 'generation'>;
  keep(): void;
  drop(): void;
}

/** The site that front threads serve, and the sockets that it is served on. */
export class ServedSite {
  readonly #fronts: FrontThreads;
  readonly #upstreams: UpstreamSupervisor;
  readonly #tls: TlsSupervisor;
  readonly #numbers: ListenerNumbers = new ListenerNumbers();
  /** What is listened on. */
  readonly #open: Set<number> = new Set();
  readonly #log: Log;
  #current: FrontSite | undefined;
  /** It was told to listen no more, and has not come back to all that it is to listen on. */
  #isPaused = false;
  /** Changes when what is tried is not to be tried any longer. */
  #attempt = 0;
  #trying: Promise<void> = Promise.resolve();
  #nextTry: { readonly timer: NodeJS.Timeout; begin(): void } | undefined;
  /** Tries in a row that failed. */
  #failures = 0;

  constructor(fronts: FrontThreads, upstreams: UpstreamSupervisor, tls: TlsSupervisor, log: Log) {
    this.#fronts = fronts;
    this.#upstreams = upstreams;
    this.#tls = tls;
    this.#log = log;
  }

  /** Serves a site for the first time; `planOf` may listen elsewhere, where a service manager says so. Throws ServingError, TlsFileError or ListenError. */
  async start(
    plan: SitePlan,
    apps: readonly AppRunner[],
    planOf: (binds: readonly Bind[]) => readonly ListenPlan[],
  ): Promise<void> {
    const needed = neededListeners(plan);
    const plans = planOf(needed.map(({ bind }) => bind));
    const found = plans.map((each) => {
      const need = needed.find(({ bind }) => bindText(bind) === bindText(each.bind)) ?? needed[0];
      if (!need) throw new ServingError('There is no server to serve');
      return { ...need, bind: each.bind };
    });
    const numbered = this.#numbers.assign(found);
    const places = numbered.map(({ listener, needed: { place } }) => ({ listener, ...place }));
    const coming = await this.#prepare(plan);
    try {
      await this.#use(this.#siteOf(plan, apps, places, coming));
    } catch (error) {
      coming.drop();
      throw error;
    }
    coming.keep();
    await this.#listen(
      new Map(
        numbered.map(({ listener, needed: { backlog, ipv6Only } }, index) => {
          return [listener, { ...(plans[index] as ListenPlan), backlog, ipv6Only }];
        }),
      ),
    );
  }

  /**
   * Serves another site; where that fails the one before stays. After `stopListening` another process may have an address: then it is
   * tried until it can be had. Throws ServingError, TlsFileError or ListenError.
   */
  async change(plan: SitePlan, apps: readonly AppRunner[]): Promise<void> {
    this.stopTrying();
    await this.#trying;
    const before = this.#current;
    const numbered = this.#numbers.assign(neededListeners(plan));
    const isWanted = new Set(numbered.map(({ listener }) => listener));
    const places = numbered.map(({ listener, needed: { place } }) => ({ listener, ...place }));
    const coming = await this.#prepare(plan);
    const opening = numbered.filter(({ listener }) => !this.#open.has(listener));
    try {
      await this.#use(this.#siteOf(plan, apps, places, coming));
      const plans = new Map(
        opening.map(({ listener, needed: { bind, backlog, ipv6Only } }): [number, ListenPlan] => {
          return [listener, { bind, fds: [], origin: 'galley', backlog, ipv6Only }];
        }),
      );
      if (this.#isPaused) await this.#resume(plans);
      else await this.#listen(plans);
    } catch (error) {
      coming.drop();
      const opened = opening.map(({ listener }) => listener);
      this.#fronts.unlisten(opened);
      for (const listener of opened) this.#open.delete(listener);
      this.#numbers.forget((listener) => !this.#open.has(listener));
      if (before) {
        await this.#use({ ...before, upstreams: this.#upstreams.states(), tls: this.#tls.materials() });
      }
      throw error;
    }
    coming.keep();
    const gone = this.#numbers.forget((listener) => !isWanted.has(listener));
    this.#fronts.unlisten(gone);
    for (const listener of gone) this.#open.delete(listener);
  }

  /** Whether it is served on that Unix socket. */
  isOn(path: string): boolean {
    return this.#current?.plan.listeners.some(({ bind }) => bind.kind === 'unix' && bind.path === path) ?? false;
  }

  /** Whether TLS is spoken there. */
  hasTls(listener: number): boolean {
    const { plan, listeners = [] } = this.#current ?? {};
    const place = listeners.find((each) => each.listener === listener);
    return place !== undefined && plan?.listeners[place.index]?.tls === true;
  }

  /** Accepts no more connections. */
  stopListening(): void {
    this.stopTrying();
    this.#isPaused = true;
    this.#fronts.unlisten([...this.#open]);
    this.#numbers.forget(() => true);
    this.#open.clear();
  }

  /** What could not be listened on again is given up. */
  stopTrying(): void {
    this.#attempt++;
    clearTimeout(this.#nextTry?.timer);
    this.#nextTry = undefined;
  }

  /** What could not be listened on again is tried at once: the process that may have had it has ended. */
  tryNow(): void {
    this.#failures = 0;
    this.#nextTry?.begin();
  }

  async #resume(plans: ReadonlyMap<number, ListenPlan>): Promise<void> {
    const attempt = this.#attempt;
    const reasons = await this.#tryAll(plans, attempt);
    if (attempt !== this.#attempt) return;
    this.#isPaused = reasons.size > 0;
    if (reasons.size === 0) return;
    this.#log.warn('not all addresses can be listened on yet; they are tried until they can be', {
      text: [...reasons.values()].join('\n'),
    });
    this.#failures = 1;
    this.#tryLater(plans, attempt);
  }

  #tryLater(plans: ReadonlyMap<number, ListenPlan>, attempt: number): void {
    const begin = (): void => {
      clearTimeout(timer);
      this.#nextTry = undefined;
      this.#trying = this.#tryAgain(plans, attempt).catch((error: unknown) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#log.error('a defect of Galley, please report it', { text });
      });
    };
    const timer = setTimeout(begin, Math.min(restartDelayMs(++this.#failures), longestPauseMs));
    this.#nextTry = { timer, begin };
  }

  async #tryAgain(plans: ReadonlyMap<number, ListenPlan>, attempt: number): Promise<void> {
    const left = new Map([...plans].filter(([listener]) => !this.#open.has(listener)));
    const { size } = await this.#tryAll(left, attempt);
    if (attempt !== this.#attempt) return;
    if (size > 0) {
      this.#tryLater(plans, attempt);
      return;
    }
    this.#isPaused = false;
    this.#log.info('all addresses are listened on again');
  }

  /** Gives why each that cannot be listened on cannot. */
  async #tryAll(plans: ReadonlyMap<number, ListenPlan>, attempt: number): Promise<ReadonlyMap<number, string>> {
    const reasons = new Map<number, string>();
    for (const [listener, plan] of plans) {
      if (attempt !== this.#attempt) break;
      try {
        await this.#listen(new Map([[listener, plan]]));
      } catch (error) {
        if (!(error instanceof ListenError)) throw error;
        this.#fronts.unlisten([listener]);
        reasons.set(listener, error.message);
      }
    }
    return reasons;
  }

  /** What of a site is not its plan. Throws TlsFileError. */
  async #prepare(plan: SitePlan): Promise<Coming> {
    const tls = await this.#tls.prepare(plan);
    const upstreams = await this.#upstreams.prepare(plan);
    return {
      upstreams: () => upstreams.states(),
      tls: () => ({ tls: tls.materials(), generation: tls.generation }),
      keep: () => {
        tls.keep();
        upstreams.keep();
      },
      drop: () => {
        tls.drop();
        upstreams.drop();
      },
    };
  }

  async #use(site: FrontSite): Promise<void> {
    await this.#fronts.use(site);
    this.#current = site;
  }

  async #listen(plans: ReadonlyMap<number, ListenPlan>): Promise<void> {
    if (plans.size === 0) return;
    await this.#fronts.listen(plans);
    for (const listener of plans.keys()) this.#open.add(listener);
  }

  #siteOf(plan: SitePlan, apps: readonly AppRunner[], listeners: readonly ListenerPlace[], coming: Coming): FrontSite {
    let zones: ZoneBuffers;
    try {
      zones = zoneBuffers(plan, this.#fronts.count, this.#current?.zones);
    } catch (error) {
      throw error instanceof ZoneMemoryError ? new ServingError(error.message) : error;
    }
    return {
      plan,
      zones,
      listeners,
      apps: apps.map(({ id, options: { name } }) => ({ name, id })),
      upstreams: coming.upstreams(),
      ...coming.tls(),
    };
  }
}
