import type { CacheStore } from '../../cache/cache-store.ts';
import { keyNameOf } from '../../cache/entry-file.ts';
import type { SiteRequest } from '../site-request.ts';

/** Keys that are remembered at most. */
const maxKeys = 4096;
const rememberedMs = 60_000;

const ofStores: WeakMap<CacheStore, KnownMisses> = new WeakMap();

/** Those of a store: all locations that use it have the same. */
export function knownMissesOf(store: CacheStore): KnownMisses {
  const known = ofStores.get(store) ?? new KnownMisses();
  ofStores.set(store, known);
  return known;
}

/** The key of a request among known misses: what one who is authorized is told says nothing of what others are (RFC 9111 §3.5). */
export function knownMissOf(key: string, request: SiteRequest): string {
  return request.header('authorization') === undefined ? key : `${key} authorization`;
}

/** Keys whose last answer was not one to keep: requests for them need not wait for each other. A key may be long, so its hash stands for it. */
export class KnownMisses {
  readonly #until: Map<string, number> = new Map();

  add(key: string, now: number): void {
    const name = keyNameOf(key);
    this.#until.delete(name);
    if (this.#until.size >= maxKeys) {
      for (const oldest of this.#until.keys()) {
        this.#until.delete(oldest);
        break;
      }
    }
    this.#until.set(name, now + rememberedMs);
  }

  delete(key: string): void {
    if (this.#until.size > 0) this.#until.delete(keyNameOf(key));
  }

  has(key: string, now: number): boolean {
    const until = this.#until.size > 0 ? this.#until.get(keyNameOf(key)) : undefined;
    return until !== undefined && now < until;
  }
}
