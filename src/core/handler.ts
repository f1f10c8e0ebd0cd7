import type { Exchange } from './exchange.ts';
import type { Outcome } from './reply.ts';

/** Answers a request. What needs no waiting returns no promise. Throws PeerError for a failure that has a status. */
export type Handler = (exchange: Exchange) => Outcome | Promise<Outcome>;
