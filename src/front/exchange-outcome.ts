import { PeerError } from '../core/errors.ts';
import type { ExchangeRecord } from '../core/exchange-record.ts';
import type { Outcome, Reply } from '../core/reply.ts';
import { errorReply } from '../site/error-reply.ts';
import type { ConnectionContext } from './connection-context.ts';
import type { HttpExchange } from './http-exchange.ts';

/** What waits for the outcome of an exchange. */
export interface Settling {
  settle(exchange: HttpExchange, outcome: Outcome): void;
}

/** Asks the handler; `waiting` gets what comes of it, at once where that needs no waiting, and a reply where it failed. */
export function askHandler(context: ConnectionContext, exchange: HttpExchange, waiting: Settling): void {
  let outcome: Outcome | Promise<Outcome>;
  try {
    outcome = context.handle(exchange);
  } catch (error) {
    outcome = failureReply(context, error, exchange);
  }
  if (outcome instanceof Promise) {
    outcome.then(
      (late) => waiting.settle(exchange, late),
      (error: unknown) => waiting.settle(exchange, failureReply(context, error, exchange)),
    );
  } else {
    waiting.settle(exchange, outcome);
  }
}

/** The reply to a failed exchange; a defect of ours is reported. */
export function failureReply(context: ConnectionContext, error: unknown, exchange: HttpExchange): Reply {
  if (error instanceof PeerError) return errorReply(error.status, error.code, exchange);
  context.bug(error, exchange);
  return errorReply(500, 'internal-error', exchange);
}

/** The exchange's own observer knows better what to do with a record than the front's. */
export function tell(context: ConnectionContext, record: ExchangeRecord): void {
  const observer = record.exchange?.observer;
  if (observer) observer.done(record);
  else context.done?.(record);
}

/** Lets the source of a body that is not sent run to its end, or until somebody stops it. */
export async function exhaust(body: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of body);
  } catch {
    // Nobody waits for it, so nobody misses the rest.
  }
}
