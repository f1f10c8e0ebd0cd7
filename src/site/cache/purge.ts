import type { CachePurgeRequest, CacheStore } from '../../cache/cache-store.ts';
import { emptyBody } from '../../core/body.ts';
import { HeaderList } from '../../core/headers.ts';
import { networkContains, parseAddress, parseNetwork } from '../../http/network.ts';
import type { CachePurge } from '../../plan/cache-plan.ts';
import { PlanError } from '../compile-context.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';

const purged: SiteOutcome = { status: 200, headers: HeaderList.empty, body: emptyBody };

/** Removes what is kept, by a method of its own: 404 where there was nothing, 403 for those who may not. Throws PlanError. */
export function createPurge(
  { from }: CachePurge,
  store: CacheStore,
): (request: SiteRequest, what: CachePurgeRequest) => SiteOutcome | Promise<SiteOutcome> {
  const networks = from.map((text) => {
    if (text === 'unix:') return text;
    const network = parseNetwork(text);
    if (!network) throw new PlanError(`invalid network "${text}"`);
    return network;
  });
  return (request, what) => {
    const address = parseAddress(request.exchange.connection.client.address);
    const isAllowed = networks.some((network) =>
      network === 'unix:' ? !address : address !== undefined && networkContains(network, address),
    );
    if (!isAllowed) {
      request.log('error', 'purging forbidden by rule');
      return statusOutcome(403);
    }
    const count = store.purge(what);
    return count instanceof Promise ? count.then(outcomeOf) : outcomeOf(count);
  };
}

function outcomeOf(count: number): SiteOutcome {
  return count > 0 ? purged : statusOutcome(404);
}
