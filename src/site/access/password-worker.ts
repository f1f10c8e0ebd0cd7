import { parentPort } from 'node:worker_threads';
import { isPassword } from './password-hash.ts';

/** A password, latin-1 of its bytes, to be checked against a hash. */
export interface PasswordTask {
  readonly password: string;
  readonly hash: string;
}

export interface PasswordAnswer {
  readonly isRight: boolean;
}

parentPort?.on('message', ({ password, hash }: PasswordTask) => {
  const answer: PasswordAnswer = { isRight: isPassword(password, hash) };
  parentPort?.postMessage(answer);
});
