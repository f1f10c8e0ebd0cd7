import type { ConnectionFacts, Exchange } from './exchange.ts';

/** What became of one exchange, for logs and metrics. */
export interface ExchangeRecord {
  /** The exchange's, as far as there is one: with what a trusted proxy told of its client. */
  readonly connection: ConnectionFacts;
  /** Absent where the request was refused before its head was complete. */
  readonly exchange: Exchange | undefined;
  /** The status that was sent; 499 where the client left before one was. */
  readonly status: number;
  /** Content bytes sent, framing not counted. */
  readonly bytes: number;
  /** All bytes sent: head, content and framing. */
  readonly sentBytes?: number;
  /** Whether the answer was sent to its end. */
  readonly complete: boolean;
  /** From the request's head to the answer's last byte, in milliseconds. */
  readonly durationMs: number;
}
