import { isIP } from 'node:net';
import type { PeerPlan, ResolverPlan } from '../../plan/upstream-plan.ts';
import { retryMs } from '../dns/answer-time.ts';
import { type Answer, DnsClient, type ServiceAddress } from '../dns/dns-client.ts';
import { NameWatch, type NameWatchOptions } from '../dns/name-watch.ts';
import { serviceName } from '../dns/service-name.ts';
import type { SocketAddress } from '../member.ts';
import type { FoundAddress } from './members-of.ts';

/** A name that is looked up once is asked for again after so long where there is no answer, in milliseconds. */
const onceRetryMs = 30_000;

export interface PeerNamesOptions {
  /** Undefined for what the system does. */
  readonly resolver: ResolverPlan | undefined;
  /** There is an answer; it may be the same. */
  changed(): void;
  failed(problem: string): void;
  recovered(name: string): void;
}

interface Watched {
  readonly watch: NameWatch<unknown> | undefined;
  found: readonly FoundAddress[];
}

/** The addresses of the peers of one upstream: names are looked up as long as it is there. */
export class PeerNames {
  readonly #options: PeerNamesOptions;
  /** For names that are looked up again and again. */
  readonly #client: DnsClient;
  /** As the system does: for names that are looked up once. */
  readonly #system: DnsClient = new DnsClient(undefined);
  readonly #peers: Map<PeerPlan, Watched> = new Map();

  constructor(options: PeerNamesOptions) {
    this.#options = options;
    this.#client = new DnsClient(options.resolver);
  }

  /** From now on these are the peers. */
  watch(peers: readonly PeerPlan[]): void {
    for (const [peer, { watch }] of this.#peers) {
      if (peers.includes(peer)) continue;
      watch?.close();
      this.#peers.delete(peer);
    }
    for (const peer of peers) if (!this.#peers.has(peer)) this.#begin(peer);
  }

  /** Where a peer is, as far as it is known. */
  found(peer: PeerPlan): readonly FoundAddress[] {
    return this.#peers.get(peer)?.found ?? [];
  }

  /** Every name was looked up, or cannot be. */
  async lookedUp(): Promise<void> {
    await Promise.all(Array.from(this.#peers.values(), ({ watch }) => watch?.first));
  }

  /** Looks all names up now. */
  refresh(): void {
    for (const { watch } of this.#peers.values()) watch?.refresh();
  }

  close(): void {
    for (const { watch } of this.#peers.values()) watch?.close();
    this.#peers.clear();
    this.#client.close();
    this.#system.close();
  }

  #begin(peer: PeerPlan): void {
    const { address, service } = peer;
    if (address.kind === 'unix' || (isIP(address.host) !== 0 && service === undefined)) {
      this.#peers.set(peer, { watch: undefined, found: [{ address }] });
    } else if (service !== undefined) {
      const name = serviceName(service, address.host);
      this.#watch(peer, name, () => this.#client.services(name), servicesOf(peer));
    } else {
      const { host, port } = address;
      const client = peer.resolves ? this.#client : this.#system;
      this.#watch(
        peer,
        host,
        () => client.addresses(host),
        (hosts: readonly string[]) => {
          return hosts.map((each): FoundAddress => ({ address: { kind: 'tcp', host: each, port } }));
        },
      );
    }
  }

  #watch<Value>(
    peer: PeerPlan,
    name: string,
    lookup: () => Promise<Answer<Value>>,
    foundOf: (values: readonly Value[]) => readonly FoundAddress[],
  ): void {
    const { changed, failed, recovered } = this.#options;
    const isLookedUpAgain = peer.resolves || peer.service !== undefined;
    const options: NameWatchOptions<Value> = {
      lookup,
      againMs: (holdMs) => (isLookedUpAgain ? holdMs : undefined),
      retryMs: isLookedUpAgain ? retryMs : () => onceRetryMs,
      answered: (values) => {
        // In an order that does not change from answer to answer.
        watched.found = foundOf(values).toSorted((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1));
        changed();
      },
      failed: (problem, isGone) => {
        failed(problem);
        // As nginx. What was looked up once stays.
        if (!isGone || !isLookedUpAgain || watched.found.length === 0) return;
        watched.found = [];
        changed();
      },
      recovered: () => recovered(name),
    };
    const watched: Watched = { watch: new NameWatch(options), found: [] };
    this.#peers.set(peer, watched);
  }
}

function sortKey({ address }: FoundAddress): string {
  return address.kind === 'tcp' ? `${address.host.includes(':') ? 1 : 0} ${address.host} ${address.port}` : '';
}

/** The records that come first are the peers, the others are for when these cannot be used; of a backup only the first count (nginx `service=`). */
function servicesOf({ isBackup }: PeerPlan): (services: readonly ServiceAddress[]) => readonly FoundAddress[] {
  return (services) => {
    const first = Math.min(...services.map(({ priority }) => priority));
    return services
      .filter(({ priority }) => !isBackup || priority === first)
      .map(({ host, port, priority, weight }): FoundAddress => {
        const address: SocketAddress = { kind: 'tcp', host, port };
        const others = { address, isBackup: isBackup || priority > first };
        return weight > 0 ? { ...others, weight } : others;
      });
  };
}
