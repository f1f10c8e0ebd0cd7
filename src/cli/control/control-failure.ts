/** Why a command could not do what it is for: what a person reads, and the exit code. */
export class ControlFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
