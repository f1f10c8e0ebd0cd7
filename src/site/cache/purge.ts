import type { CacheStore } from '../../cache/cache-store.ts';
import { emptyBody } from '../../core/body.ts';
import { HeaderList } from '../../core/headers.ts';
import { networkContains, parseAddress, parseNetwork } from '../../http/network.ts';
import { PlanError } from '../compile-context.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import type { CachePurge } from '../plan/cache-plan.ts';
import type { SiteRequest } from '../site-request.ts';

const purged: SiteOutcome = { status: 200, headers: HeaderList.empty, body: emptyBody };

/**
 * Removes what is kept for the key of a request, by a method of its own; a key that ends with `*` stands for all that begin with what is before
 * it (as nginx's commercial version has it). 404 where there was nothing, 403 for those who may not. Throws PlanError.
 */
export function createPurge(
  { from }: CachePurge,
  store: CacheStore,
): (request: SiteRequest, key: string) => SiteOutcome | Promise<SiteOutcome> {
  const networks = from.map((text) => {
    if (text === 'unix:') return text;
    const network = parseNetwork(text);
    if (!network) throw new PlanError(`invalid network "${text}"`);
    return network;
  });
  return (request, key) => {
    const address = parseAddress(request.exchange.connection.client.address);
    const isAllowed = networks.some((network) =>
      network === 'unix:' ? !address : address !== undefined && networkContains(network, address),
    );
    if (!isAllowed) {
      request.log('error', 'purging forbidden by rule');
      return statusOutcome(403);
    }
    const count = key.endsWith('*')
      ? store.purge({ kind: 'prefix', value: key.slice(0, -1) })
      : store.purge({ kind: 'key', value: key });
    return count instanceof Promise ? count.then(outcomeOf) : outcomeOf(count);
  };
}

function outcomeOf(count: number): SiteOutcome {
  return count > 0 ? purged : statusOutcome(404);
}
