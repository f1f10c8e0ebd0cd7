import { isIP } from 'node:net';
import { PeerError } from '../../core/errors.ts';
import type { ResolverPlan } from '../../plan/upstream-plan.ts';
import { retryMs } from './answer-time.ts';
import { DnsClient, LookupFailure } from './dns-client.ts';

/** Names that are kept; of more the one that was asked for longest ago goes. */
const mostNames = 1_024;

/** Names that are looked up at a time. */
const mostLookups = 256;

interface Known {
  /** The last good answer; undefined where there was none. */
  addresses: readonly string[] | undefined;
  /** Until then nobody is asked. */
  until: number;
  failuresInRow: number;
  /** Why the last lookup failed. */
  problem: string;
  asking: Promise<readonly string[]> | undefined;
}

/**
 * Looks up the names that requests lead to, and keeps the answers as long as they hold. While lookups fail the last good answer is kept, unless
 * there is no such name any more, and a name is asked for again after a pause that grows to 30 s.
 */
export class Resolver {
  readonly #client: DnsClient;
  readonly #now: () => number;
  #lookups = 0;
  /** The one that was asked for last is the last one. */
  readonly #names: Map<string, Known> = new Map();

  /** `plan`: undefined for what the system does. `now`: a monotonic clock in milliseconds. */
  constructor(plan: ResolverPlan | undefined, now: () => number = () => performance.now()) {
    this.#client = new DnsClient(plan);
    this.#now = now;
  }

  /** The addresses of a host, without brackets, where nobody has to be asked for them now. Throws PeerError `upstream-unresolved` where that has just failed. */
  known(host: string): readonly string[] | undefined {
    const name = host.toLowerCase();
    const known = this.#names.get(name);
    if (!known) return isIP(name) === 0 ? undefined : [name];
    if (this.#now() >= known.until) return undefined;
    this.#names.delete(name);
    this.#names.set(name, known);
    if (known.addresses) return known.addresses;
    throw new PeerError('upstream-unresolved', known.problem);
  }

  /** The addresses of a host, without brackets. Rejects with PeerError `upstream-unresolved`. */
  async lookup(host: string): Promise<readonly string[]> {
    const found = this.known(host);
    if (found) return found;
    const name = host.toLowerCase();
    const known = this.#names.get(name) ?? this.#add(name);
    known.asking ??= this.#ask(name, known).finally(() => {
      known.asking = undefined;
    });
    return await known.asking;
  }

  /** What is under way fails. */
  close(): void {
    this.#client.close();
    this.#names.clear();
  }

  #add(name: string): Known {
    const added: Known = { addresses: undefined, until: 0, failuresInRow: 0, problem: '', asking: undefined };
    if (this.#names.size >= mostNames) {
      for (const oldest of this.#names.keys()) {
        this.#names.delete(oldest);
        break;
      }
    }
    this.#names.set(name, added);
    return added;
  }

  async #ask(name: string, known: Known): Promise<readonly string[]> {
    if (this.#lookups >= mostLookups) {
      throw new PeerError('upstream-unresolved', `Cannot look up ${name}: ${mostLookups} names are being looked up`);
    }
    this.#lookups++;
    try {
      const { values, holdMs } = await this.#client.addresses(name);
      known.addresses = values;
      known.until = this.#now() + holdMs;
      known.failuresInRow = 0;
    } catch (error) {
      if (!(error instanceof LookupFailure)) throw error;
      if (error.isGone) known.addresses = undefined;
      known.problem = error.message;
      known.until = this.#now() + retryMs(++known.failuresInRow);
      if (!known.addresses) throw new PeerError('upstream-unresolved', error.message);
    } finally {
      this.#lookups--;
    }
    return known.addresses;
  }
}
