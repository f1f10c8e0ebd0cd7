import type { Bind } from '../core/bind.ts';
import { bindText } from '../front/listen.ts';
import { type ZoneBuffers, ZoneMemoryError, zoneBuffers } from '../site/limits/limit-zones.ts';
import type { SitePlan } from '../site/plan/site-plan.ts';
import type { AppRunner } from './app-runner.ts';
import type { FrontSite, ListenerPlace } from './front-thread-message.ts';
import type { FrontThreads } from './front-threads.ts';
import type { ListenPlan } from './inherited-sockets.ts';
import { ListenerNumbers, neededListeners } from './listeners.ts';
import { ServingError } from './serving.ts';

/** The site that front threads serve, and the sockets that it is served on. */
export class ServedSite {
  readonly #fronts: FrontThreads;
  readonly #numbers: ListenerNumbers = new ListenerNumbers();
  /** What is listened on. */
  readonly #open: Set<number> = new Set();
  #current: FrontSite | undefined;

  constructor(fronts: FrontThreads) {
    this.#fronts = fronts;
  }

  /** Serves a site for the first time; `planOf` may listen elsewhere, where a service manager says so. Throws ServingError or ListenError. */
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
    await this.#use(
      this.#siteOf(
        plan,
        apps,
        numbered.map(({ listener, needed: { place } }) => ({ listener, ...place })),
      ),
    );
    await this.#listen(
      new Map(
        numbered.map(({ listener, needed: { backlog, ipv6Only } }, index) => {
          return [listener, { ...(plans[index] as ListenPlan), backlog, ipv6Only }];
        }),
      ),
    );
  }

  /** Serves another site; where that fails the one before stays. Throws ServingError or ListenError. */
  async change(plan: SitePlan, apps: readonly AppRunner[]): Promise<void> {
    const before = this.#current;
    const numbered = this.#numbers.assign(neededListeners(plan));
    const isWanted = new Set(numbered.map(({ listener }) => listener));
    const site = this.#siteOf(
      plan,
      apps,
      numbered.map(({ listener, needed: { place } }) => ({ listener, ...place })),
    );
    const opening = numbered.filter(({ listener }) => !this.#open.has(listener));
    try {
      await this.#use(site);
      await this.#listen(
        new Map(
          opening.map(({ listener, needed: { bind, backlog, ipv6Only } }) => {
            return [listener, { bind, fds: [], origin: 'galley', backlog, ipv6Only }];
          }),
        ),
      );
    } catch (error) {
      const opened = opening.map(({ listener }) => listener);
      this.#fronts.unlisten(opened);
      for (const listener of opened) this.#open.delete(listener);
      this.#numbers.forget((listener) => !this.#open.has(listener));
      if (before) await this.#use(before);
      throw error;
    }
    const gone = this.#numbers.forget((listener) => !isWanted.has(listener));
    this.#fronts.unlisten(gone);
    for (const listener of gone) this.#open.delete(listener);
  }

  /** Whether it is served on that Unix socket. */
  isOn(path: string): boolean {
    return this.#current?.plan.listeners.some(({ bind }) => bind.kind === 'unix' && bind.path === path) ?? false;
  }

  /** Accepts no more connections. */
  stopListening(): void {
    this.#fronts.unlisten([...this.#open]);
    this.#numbers.forget(() => true);
    this.#open.clear();
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

  #siteOf(plan: SitePlan, apps: readonly AppRunner[], listeners: readonly ListenerPlace[]): FrontSite {
    let zones: ZoneBuffers;
    try {
      zones = zoneBuffers(plan, this.#fronts.count, this.#current?.zones);
    } catch (error) {
      throw error instanceof ZoneMemoryError ? new ServingError(error.message) : error;
    }
    return { plan, zones, listeners, apps: apps.map(({ id, options: { name } }) => ({ name, id })) };
  }
}
