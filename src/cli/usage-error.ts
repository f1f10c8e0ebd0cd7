/** A command line that means nothing; the message is one sentence that names the option, the value and what is allowed. */
export class UsageError extends Error {}
