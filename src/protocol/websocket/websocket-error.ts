/**
 * What the codec throws for bytes that are no WebSocket traffic or go beyond a limit. `closeCode` says what to close with:
 * 1002, 1007 or 1009, or 1006, which is never sent, where the connection ended without a close frame (RFC 6455 §7.4.1).
 */
export class WebSocketError extends Error {
  readonly closeCode: 1002 | 1006 | 1007 | 1009;

  constructor(closeCode: 1002 | 1006 | 1007 | 1009, message: string) {
    super(message);
    this.closeCode = closeCode;
  }
}
