/** Whose fault a failure is: the client's, the app's or upstream's, or ours. */
export type ErrorSource = 'downstream' | 'upstream' | 'internal';

/**
 * Every failure a peer can cause: whose fault it is, the status that the client gets, and whether an idempotent request
 * may be tried again elsewhere. The codes are API: logs and metrics carry them.
 */
export const errorTable = {
  'proxy-protocol': { source: 'downstream', status: 400, retry: false },
  'request-line': { source: 'downstream', status: 400, retry: false },
  'request-target': { source: 'downstream', status: 400, retry: false },
  'target-too-long': { source: 'downstream', status: 414, retry: false },
  'http-version': { source: 'downstream', status: 505, retry: false },
  'header-field': { source: 'downstream', status: 400, retry: false },
  'header-too-large': { source: 'downstream', status: 431, retry: false },
  'host-header': { source: 'downstream', status: 400, retry: false },
  'content-length': { source: 'downstream', status: 400, retry: false },
  'transfer-encoding': { source: 'downstream', status: 400, retry: false },
  'transfer-coding-unknown': { source: 'downstream', status: 501, retry: false },
  'chunk-framing': { source: 'downstream', status: 400, retry: false },
  'trailer-field': { source: 'downstream', status: 400, retry: false },
  'body-too-large': { source: 'downstream', status: 413, retry: false },
  'body-incomplete': { source: 'downstream', status: 400, retry: false },
  'expectation-unknown': { source: 'downstream', status: 417, retry: false },
  'method-not-allowed': { source: 'downstream', status: 405, retry: false },
  'method-unknown': { source: 'downstream', status: 501, retry: false },
  'request-timeout': { source: 'downstream', status: 408, retry: false },
  'http2-protocol': { source: 'downstream', status: 400, retry: false },
  'http2-flood': { source: 'downstream', status: 400, retry: false },
  'tls-handshake': { source: 'downstream', status: 400, retry: false },
  'plain-on-tls': { source: 'downstream', status: 400, retry: false },
  'client-certificate': { source: 'downstream', status: 400, retry: false },
  misdirected: { source: 'downstream', status: 421, retry: false },
  'client-closed': { source: 'downstream', status: 499, retry: false },
  'app-error': { source: 'upstream', status: 500, retry: false },
  'app-response-invalid': { source: 'upstream', status: 500, retry: false },
  'worker-lost': { source: 'upstream', status: 502, retry: true },
  'worker-protocol': { source: 'upstream', status: 502, retry: true },
  'app-timeout': { source: 'upstream', status: 504, retry: false },
  'upstream-refused': { source: 'upstream', status: 502, retry: true },
  'upstream-connect-timeout': { source: 'upstream', status: 504, retry: true },
  'upstream-tls': { source: 'upstream', status: 502, retry: true },
  'upstream-closed': { source: 'upstream', status: 502, retry: true },
  'upstream-response-invalid': { source: 'upstream', status: 502, retry: true },
  'upstream-response-too-large': { source: 'upstream', status: 502, retry: true },
  'upstream-incomplete': { source: 'upstream', status: 502, retry: false },
  'upstream-timeout': { source: 'upstream', status: 504, retry: true },
  'upstream-unavailable': { source: 'upstream', status: 502, retry: false },
  'upstream-unresolved': { source: 'upstream', status: 502, retry: false },
  'queue-full': { source: 'internal', status: 503, retry: false },
  'queue-timeout': { source: 'internal', status: 503, retry: false },
  'shutting-down': { source: 'internal', status: 503, retry: false },
  'internal-error': { source: 'internal', status: 500, retry: false },
} as const;

export type ErrorCode = keyof typeof errorTable;

/** A failure that a peer caused, by its code in {@link errorTable}. Anything else that is thrown is a bug of ours. */
export class PeerError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  get source(): ErrorSource {
    return errorTable[this.code].source;
  }
}

/** What a codec throws for bytes that its protocol does not allow; the codec refuses further use. */
export class ProtocolError extends PeerError {}
