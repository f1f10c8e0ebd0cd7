/** The module `node:quic`, which knows QUIC and HTTP/3 (RFC 9000, RFC 9114). */
export type Quic = typeof import('node:quic');

/** Undefined where the runtime has none: Node is built without it today, Bun has it. */
export function findQuic(): Quic | undefined {
  // Whoever asked for HTTP/3 has read that it is an experiment; the runtime says it once more on standard error.
  return process.getBuiltinModule('node:quic') as Quic | undefined;
}

/** RFC 9114 §8.1. */
export const Http3Code = {
  noError: 0x100n,
  internalError: 0x102n,
  excessiveLoad: 0x107n,
  requestCancelled: 0x10cn,
  messageError: 0x10en,
} as const;
