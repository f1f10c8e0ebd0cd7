/** What a flood came to. */
export interface FloodReport {
  readonly connections: number;
  /** Those that got a GOAWAY, by the code of the last one. */
  readonly goaways: Readonly<Record<number, number>>;
  /** Those that were closed by the server, with or without one. */
  readonly closed: number;
  /** Those that could not be opened. */
  readonly refused: number;
  /** Frames, or handshakes. */
  readonly sent: number;
}

/** What became of requests at a fixed pace. */
export interface PaceReport {
  readonly answered: number;
  readonly failed: number;
  /** From the moment when each was due, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}
