import type { Body } from './body.ts';
import type { HeaderList } from './headers.ts';
import type { Tunnel } from './tunnel.ts';
import type { Upgrade } from './websocket.ts';

/** An answer as a value: nothing is on the wire yet. */
export interface Reply {
  /** 200 to 599. */
  readonly status: number;
  /** The reason phrase, where the app chose one (WSGI does); '' or left out for the registered one. */
  readonly reason?: string;
  readonly headers: HeaderList;
  readonly body: Body;
  /** The trailer section, known when the body has ended; called once then. */
  readonly trailers?: () => HeaderList;
}

/** What handling a request leads to; an upgrade only where `exchange.isWebSocket`, a tunnel only where `exchange.hasUpgrade`. */
export type Outcome = Reply | Upgrade | Tunnel | Drop;

/** The connection is closed without an answer. */
export interface Drop {
  readonly kind: 'drop';
}

/** The only {@link Drop} that there is. */
export const drop: Drop = { kind: 'drop' };

/** Whether an outcome is an answer with a status. */
export function isReply(outcome: Outcome): outcome is Reply {
  return 'status' in outcome;
}

/** Whether an outcome is an {@link Upgrade}. */
export function isUpgrade(outcome: Outcome): outcome is Upgrade {
  return 'subprotocol' in outcome;
}

/** Whether an outcome is a {@link Tunnel}. */
export function isTunnel(outcome: Outcome): outcome is Tunnel {
  return 'kind' in outcome && outcome.kind === 'tunnel';
}
