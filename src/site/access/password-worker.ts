import { parentPort } from 'node:worker_threads';
import { isPassword } from './password-hash.ts';

/** A password, latin-1 of its bytes, to be checked against a hash. */
export interface PasswordTask {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

export interface PasswordAnswer {
  readonly id: number;
  readonly isRight: boolean;
}

parentPort?.on('message', ({ id, password, hash }: PasswordTask) => {
  const answer: PasswordAnswer = { id, isRight: isPassword(password, hash) };
  parentPort?.postMessage(answer);
});
