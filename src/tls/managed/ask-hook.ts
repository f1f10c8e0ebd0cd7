import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Turns } from './turns.ts';

const askTimeoutMs = 10_000;
const answerLifeMs = 60_000;

/** Answers that are remembered, questions at a time, and those that wait for that: of more names nobody knows. */
const maxAnswers = 10_000;
const maxQuestions = 100;
const maxWaiting = 1_000;

/** It is told once in that time that there are no answers. */
const quietMs = 60_000;

/** Asks a URL of the config whether there may be a certificate for a name: 200 means yes. Remembers the answers for a minute. */
export class AskHook {
  readonly #url: string;
  readonly #steadyMs: () => number;
  readonly #failed: (reason: string) => void;
  readonly #answers: Map<string, { readonly isAllowed: boolean; readonly at: number }> = new Map();
  readonly #questions: Map<string, Promise<boolean | undefined>> = new Map();
  readonly #turns: Turns = new Turns(maxQuestions);
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly url: string; steadyMs(): number; failed(reason: string): void }) {
    this.#url = options.url;
    this.#steadyMs = () => options.steadyMs();
    this.#failed = (reason) => options.failed(reason);
  }

  /** Undefined where there is no answer, which is not remembered. */
  async allows(name: string): Promise<boolean | undefined> {
    const known = this.#answers.get(name);
    if (known && this.#steadyMs() - known.at < answerLifeMs) return known.isAllowed;
    const asked = this.#questions.get(name);
    if (asked) return await asked;
    if (this.#questions.size >= maxQuestions + maxWaiting) {
      this.#tell(name, 'there are too many questions at present');
      return undefined;
    }
    const question = this.#turns.take(() => this.#ask(name), false).finally(() => this.#questions.delete(name));
    this.#questions.set(name, question);
    return await question;
  }

  async #ask(name: string): Promise<boolean | undefined> {
    const url = new URL(this.#url);
    url.searchParams.append('domain', name);
    try {
      const isAllowed = (await statusOf(url)) === 200;
      this.#answers.delete(name);
      this.#answers.set(name, { isAllowed, at: this.#steadyMs() });
      const [oldest] = this.#answers.keys();
      if (this.#answers.size > maxAnswers && oldest !== undefined) this.#answers.delete(oldest);
      return isAllowed;
    } catch (error) {
      this.#tell(name, (error as Error).message);
      return undefined;
    }
  }

  /** The URL may have secrets in its user and query. */
  #tell(name: string, reason: string): void {
    const now = this.#steadyMs();
    if (now - this.#toldAt < quietMs) return;
    this.#toldAt = now;
    const { origin, pathname } = new URL(this.#url);
    this.#failed(`Cannot ask ${origin}${pathname} about ${name}: ${reason}`);
  }
}

async function statusOf(url: URL): Promise<number | undefined> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const signal = AbortSignal.timeout(askTimeoutMs);
  const sent = request(url, { signal, agent: false, headers: { 'user-agent': 'galley' } }, (response) => {
    resolve(response.statusCode);
    response.destroy();
  });
  sent.on('error', (error) => reject(signal.aborted ? new Error(`no answer after ${askTimeoutMs} ms`) : error));
  sent.end();
  return await promise;
}
