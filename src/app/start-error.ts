/** An app that cannot start: one sentence that says why and what to do, and the app's traceback where there is one. */
export class AppStartError extends Error {
  readonly traceback: string;

  constructor(message: string, traceback: string) {
    super(message);
    this.traceback = traceback;
  }
}

/** A start that was ended before it was known whether it would succeed, for a newer one or because Galley stops. */
export class StartGivenUp extends AppStartError {
  constructor() {
    super('The start of the app was given up', '');
  }
}
