import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

const askTimeoutMs = 10_000;
const answerLifeMs = 60_000;

/** Answers that are remembered, and questions at a time; more names are refused. */
const maxAnswers = 10_000;
const maxQuestions = 100;

/** Asks a URL of the config whether there may be a certificate for a name: 200 means yes. Remembers the answers for a minute. */
export class AskHook {
  readonly #url: string;
  readonly #now: () => number;
  readonly #failed: (reason: string) => void;
  readonly #answers: Map<string, { readonly isAllowed: boolean; readonly at: number }> = new Map();
  readonly #questions: Map<string, Promise<boolean>> = new Map();

  constructor(options: {
    readonly url: string;
    readonly now: () => number;
    readonly failed: (reason: string) => void;
  }) {
    this.#url = options.url;
    this.#now = options.now;
    this.#failed = options.failed;
  }

  /** No answer means no, and is not remembered. */
  async allows(name: string): Promise<boolean> {
    const known = this.#answers.get(name);
    if (known && this.#now() - known.at < answerLifeMs) return known.isAllowed;
    const asked = this.#questions.get(name);
    if (asked) return await asked;
    if (this.#questions.size >= maxQuestions) return false;
    const question = this.#ask(name).finally(() => this.#questions.delete(name));
    this.#questions.set(name, question);
    return await question;
  }

  async #ask(name: string): Promise<boolean> {
    const url = new URL(this.#url);
    url.searchParams.append('domain', name);
    try {
      const isAllowed = (await statusOf(url)) === 200;
      this.#answers.delete(name);
      this.#answers.set(name, { isAllowed, at: this.#now() });
      const [oldest] = this.#answers.keys();
      if (this.#answers.size > maxAnswers && oldest !== undefined) this.#answers.delete(oldest);
      return isAllowed;
    } catch (error) {
      this.#failed(`Cannot ask ${this.#url} about ${name}: ${(error as Error).message}`);
      return false;
    }
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
