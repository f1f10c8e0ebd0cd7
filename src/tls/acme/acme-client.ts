import type { KeyObject } from 'node:crypto';
import { type Clock, retryAfterMs } from '../managed/clock.ts';
import { parsedRecord, recordOf, textOf } from '../managed/unknown-json.ts';
import { AcmeError, problemText, toProblem } from './acme-error.ts';
import type { HttpsAnswer, HttpsClient } from './https-client.ts';
import { type Signer, signedRequest } from './jws.ts';

/** URLs of a CA, and what it wants and offers (RFC 8555 §7.1.1). */
export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert: string;
  /** RFC 9773; undefined where the CA does not tell when to renew. */
  readonly renewalInfo: string | undefined;
  readonly termsOfService: string;
  readonly wantsExternalAccount: boolean;
  /** Names of certificate profiles. */
  readonly profiles: readonly string[];
}

export interface AcmeAnswer {
  readonly status: number;
  /** Absolute. */
  readonly location: string | undefined;
  /** The CA wants to be asked again after this time. */
  readonly retryAfterMs: number | undefined;
  /** The body as JSON; empty where it is none. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface AcmePost {
  readonly url: string;
  /** Undefined for POST-as-GET. */
  readonly payload?: unknown;
  readonly signer: Signer;
  /** Another key than the account's. */
  readonly key?: KeyObject;
  readonly accept?: string;
  readonly signal: AbortSignal;
}

/** How often a request is sent again that was refused for its nonce; CAs forget theirs when they restart. */
const maxNonceRetries = 10;

/** Nonces that are kept for the next requests. */
const maxNonces = 8;

/** CAs may change their directory, but hardly do. */
const directoryAgeMs = 3_600_000;

/** Asks one CA, with one account's key: signatures, nonces, problems. */
export class AcmeClient {
  readonly #url: string;
  readonly #key: KeyObject;
  readonly #https: HttpsClient;
  readonly #clock: Clock;
  readonly #nonces: string[] = [];
  #directory: { readonly directory: Directory; readonly at: number } | undefined;

  constructor(options: {
    readonly url: string;
    readonly key: KeyObject;
    readonly https: HttpsClient;
    readonly clock: Clock;
  }) {
    this.#url = options.url;
    this.#key = options.key;
    this.#https = options.https;
    this.#clock = options.clock;
  }

  get key(): KeyObject {
    return this.#key;
  }

  async directory(signal: AbortSignal): Promise<Directory> {
    const known = this.#directory;
    if (known && this.#clock.steadyMs() - known.at < directoryAgeMs) return known.directory;
    const answer = await this.get(this.#url, signal);
    const { newNonce, newAccount, newOrder, revokeCert, renewalInfo, meta } = answer.json;
    const { termsOfService, externalAccountRequired, profiles } = recordOf(meta);
    const directory: Directory = {
      newNonce: textOf(newNonce),
      newAccount: textOf(newAccount),
      newOrder: textOf(newOrder),
      revokeCert: textOf(revokeCert),
      renewalInfo: textOf(renewalInfo) || undefined,
      termsOfService: textOf(termsOfService),
      wantsExternalAccount: externalAccountRequired === true,
      profiles: Object.keys(recordOf(profiles)),
    };
    if (!directory.newNonce || !directory.newAccount || !directory.newOrder) {
      throw new AcmeError(`Cannot use the CA at ${this.#url}: this is no ACME directory`);
    }
    this.#directory = { directory, at: this.#clock.steadyMs() };
    return directory;
  }

  /** Throws an AcmeError for any status but 2xx. */
  async get(url: string, signal: AbortSignal): Promise<AcmeAnswer> {
    return this.#checked(url, await this.#https.send({ method: 'GET', url, signal }));
  }

  /** Throws an AcmeError for any status but 2xx. A nonce that is refused is not told of. */
  async post(post: AcmePost): Promise<AcmeAnswer> {
    const { url, payload, signer, key = this.#key, accept, signal } = post;
    for (let retries = 0; ; retries++) {
      const nonce = this.#nonces.pop() ?? (await this.#newNonce(signal));
      const answer = await this.#https.send({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/jose+json', ...(accept !== undefined && { accept }) },
        body: signedRequest(key, signer, { url, nonce, payload }),
        signal,
      });
      this.#keepNonce(answer);
      try {
        return this.#checked(url, answer);
      } catch (error) {
        const isNonceRefused = error instanceof AcmeError && error.problem?.type === 'badNonce';
        if (!isNonceRefused || retries === maxNonceRetries) throw error;
      }
    }
  }

  async #newNonce(signal: AbortSignal): Promise<string> {
    const { newNonce } = await this.directory(signal);
    const answer = await this.#https.send({ method: 'HEAD', url: newNonce, signal });
    const nonce = answer.headers['replay-nonce'];
    if (typeof nonce !== 'string') throw new AcmeError(`Cannot ask ${newNonce}: its answer has no nonce`);
    return nonce;
  }

  #keepNonce({ headers }: HttpsAnswer): void {
    const nonce = headers['replay-nonce'];
    if (typeof nonce !== 'string') return;
    this.#nonces.push(nonce);
    if (this.#nonces.length > maxNonces) this.#nonces.shift();
  }

  #checked(url: string, { status, headers, body }: HttpsAnswer): AcmeAnswer {
    const text = body.toString();
    const json = parsedRecord(text);
    const waitMs = retryAfterMs(headers['retry-after'], this.#clock.now());
    if (status >= 200 && status < 300) {
      const { location } = headers;
      const isUrl = location !== undefined && URL.canParse(location, url);
      return { status, location: isUrl ? new URL(location, url).href : undefined, retryAfterMs: waitMs, json, text };
    }
    const isProblem = 'type' in json || 'detail' in json;
    // Some refuse without saying why.
    const isRefused = status >= 400 && status < 500 && status !== 429 && status !== 408;
    const problem = isProblem ? toProblem(json) : isRefused ? toProblem({ type: `status ${status}` }) : undefined;
    if (!problem) throw new AcmeError(`Cannot ask ${url}: its answer has status ${status}`, { retryAfterMs: waitMs });
    throw new AcmeError(`${new URL(url).host} refuses: ${problemText(problem)}`, { problem, retryAfterMs: waitMs });
  }
}
