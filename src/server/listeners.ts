import type { Bind } from '../core/bind.ts';
import { bindText } from '../front/listen.ts';
import type { ListenerPlan, SitePlan } from '../plan/site-plan.ts';
import type { ListenerPlace } from './front-thread-message.ts';

/** One socket that a plan needs, and which of its listeners the connections there are for. */
export interface NeededListener {
  readonly bind: Bind;
  readonly backlog: number | undefined;
  readonly ipv6Only: boolean;
  readonly place: Omit<ListenerPlace, 'listener'>;
}

/**
 * The sockets that a plan needs. One for all addresses takes the connections to single ones of them too, as nginx has it: the kernel
 * would not open both.
 */
export function neededListeners({ listeners }: SitePlan): readonly NeededListener[] {
  const wildcards = new Map<string, ListenerPlan>();
  for (const listener of listeners) {
    const key = wildcardKey(listener.bind);
    if (key !== undefined && isWildcard(listener.bind)) wildcards.set(key, listener);
  }
  return listeners
    .filter((listener) => !coveredBy(wildcards, listener))
    .map((listener) => ({
      bind: listener.bind,
      backlog: listener.backlog,
      ipv6Only: listener.ipv6Only,
      place: {
        index: listeners.indexOf(listener),
        byAddress: listeners.flatMap((each, index) =>
          each.bind.kind === 'tcp' && coveredBy(wildcards, each) === listener
            ? [{ address: each.bind.host, index }]
            : [],
        ),
      },
    }));
}

/** Which sockets stay, come and go, by their addresses; numbers of listeners are never used again. */
export class ListenerNumbers {
  readonly #numbers: Map<string, number> = new Map();
  #last = -1;

  /** The number of each; new ones get one. */
  assign(needed: readonly NeededListener[]): readonly { readonly listener: number; readonly needed: NeededListener }[] {
    return needed.map((each) => {
      const key = bindText(each.bind);
      const listener = this.#numbers.get(key) ?? ++this.#last;
      this.#numbers.set(key, listener);
      return { listener, needed: each };
    });
  }

  /** Those that are no longer needed, or were not opened, are forgotten; gives their numbers. */
  forget(isGone: (listener: number) => boolean): readonly number[] {
    const gone = [...this.#numbers].filter(([, listener]) => isGone(listener));
    for (const [key] of gone) this.#numbers.delete(key);
    return gone.map(([, listener]) => listener);
  }
}

function coveredBy(wildcards: ReadonlyMap<string, ListenerPlan>, listener: ListenerPlan): ListenerPlan | undefined {
  const key = wildcardKey(listener.bind);
  const wildcard = key === undefined ? undefined : wildcards.get(key);
  return wildcard === listener ? undefined : wildcard;
}

/** Of addresses that one socket may be for: the family and the port. A port that is yet to be chosen is nobody else's. */
function wildcardKey(bind: Bind): string | undefined {
  if (bind.kind === 'unix' || bind.port === 0) return undefined;
  return `${bind.host.includes(':') ? 6 : 4} ${bind.port}`;
}

function isWildcard(bind: Bind): boolean {
  return bind.kind === 'tcp' && (bind.host === '0.0.0.0' || bind.host === '::');
}
