/** A file or a setting of TLS that cannot be used: the message has the action, the value and the reason. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError';
  /** What to do about it, where that is known. */
  readonly fix: string | undefined;

  constructor(message: string, options: { readonly fix?: string; readonly cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.fix = options.fix;
  }
}
