import type { Body } from './body.ts';
import type { HeaderList } from './headers.ts';
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

/** What handling a request leads to; an upgrade only where `exchange.isWebSocket`. Internal redirects join this union with the features that need them. */
export type Outcome = Reply | Upgrade;

/** Whether an outcome is an {@link Upgrade}. */
export function isUpgrade(outcome: Outcome): outcome is Upgrade {
  return 'open' in outcome;
}
