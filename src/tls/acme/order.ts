import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Log } from '../../observe/log.ts';
import type { AcmeChallengeKind, AcmeIssuerPlan } from '../../plan/tls-plan.ts';
import type { CertificateOrder, Issued } from '../managed/certificate-issuer.ts';
import type { Clock } from '../managed/clock.ts';
import { listOf, textOf } from '../managed/unknown-json.ts';
import { createCertificateRequest } from '../x509/certificate-request.ts';
import { createKey, keyPem } from '../x509/key.ts';
import { pemBlocks } from '../x509/pem.ts';
import type { AcmeAccount } from './acme-account.ts';
import { AcmeError, problemText, toProblem } from './acme-error.ts';
import { authorize } from './authorization.ts';
import type { ChallengeBoard } from './challenges/challenge-board.ts';
import { runDnsHook } from './challenges/dns-hook.ts';
import type { Provers } from './challenges/prove.ts';
import { checkIssued } from './check-issued.ts';
import type { OrderProgress, OrderProgressFile } from './order-progress.ts';
import { poll } from './poll.ts';

export interface OrderOptions {
  readonly account: AcmeAccount;
  readonly plan: Pick<AcmeIssuerPlan, 'dnsHook' | 'keyType' | 'profile'>;
  /** DNS names in ASCII and IP addresses. */
  readonly names: readonly string[];
  /** PEM of the certificate in use. */
  readonly current: string | undefined;
  /** The same as ARI calls it, where the CA wants to know. */
  readonly replaces: string | undefined;
  /** What can be answered, the likeliest first. */
  readonly challenges: readonly AcmeChallengeKind[];
  /** How many have failed before: the next one of several challenges is tried. */
  readonly failures: number;
  readonly board: ChallengeBoard;
  readonly progress: OrderProgressFile;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Failures after which an order may go on. */
const passingProblems: ReadonlySet<string> = new Set(['rateLimited', 'serverInternal', 'badNonce']);

/** How often an order is gone on with that comes to nothing; then there is another one. */
const maxResumptions = 5;

interface OrderState {
  readonly url: string;
  readonly status: string;
  readonly authorizations: readonly string[];
  readonly finalize: string;
  readonly certificate: string;
  readonly error: unknown;
}

/**
 * One certificate from a CA (RFC 8555 §7.4). An order that was under way goes on where it can; what it has left in the DNS is removed first.
 * The lock of its folder is held. Throws AcmeError.
 */
export class Order {
  readonly #options: OrderOptions;
  #known: OrderProgress | undefined;

  constructor(options: OrderOptions) {
    this.#options = options;
  }

  async obtain(keep: CertificateOrder['keep']): Promise<void> {
    const { progress, signal } = this.#options;
    this.#known = await progress.read();
    await this.#cleanUp();
    try {
      await keep(await this.#run());
      await progress.remove();
    } catch (error) {
      if (!signal.aborted && isFinal(error)) await this.#forget().catch(() => undefined);
      throw error;
    }
  }

  async #run(): Promise<Issued> {
    const { names, signal, account } = this.#options;
    let order = (await this.#resumed()) ?? (await this.#placed());
    const provers = this.#provers();
    if (order.status === 'pending') {
      await authorize(order.authorizations, { ...this.#options, provers, resumptions: this.#known?.resumptions ?? 0 });
      order = await this.#polled(order.url, 'pending');
    }
    const key = createPrivateKey(this.#known?.key ?? '');
    if (order.status === 'ready') {
      const csr = createCertificateRequest(names, key).toString('base64url');
      await account.post({ url: order.finalize, payload: { csr }, signal });
      order = await this.#polled(order.url, 'ready', 'processing');
    } else if (order.status === 'processing') order = await this.#polled(order.url, 'processing');
    if (order.status !== 'valid' || !order.certificate) throw orderError(order);
    const accept = 'application/pem-certificate-chain';
    const { text } = await account.post({ url: order.certificate, accept, signal });
    const certificate = pemBlocks(text, 'CERTIFICATE').join('');
    checkIssued(certificate, key, names, this.#options.clock.now());
    return { certificate, key: keyPem(key) };
  }

  /** An order of before that is for the same names, still lives and has not been gone on with too often. */
  async #resumed(): Promise<OrderState | undefined> {
    const { account, names, current, signal } = this.#options;
    const known = this.#known;
    if (known?.url === undefined || known.names.join() !== names.join() || known.resumptions >= maxResumptions)
      return undefined;
    // What is in use came of it: that is not got again.
    const key = keyOf(known.key);
    if (!key || (current !== undefined && new X509Certificate(current).checkPrivateKey(key))) return undefined;
    await this.#note({ ...known, resumptions: known.resumptions + 1 });
    try {
      const order = stateOf(known.url, (await account.post({ url: known.url, signal })).json);
      return order.status === 'invalid' ? undefined : order;
    } catch (error) {
      if (!signal.aborted && isFinal(error)) return undefined;
      throw error;
    }
  }

  async #placed(): Promise<OrderState> {
    const { account, names, plan, replaces, signal } = this.#options;
    const { newOrder: url, profiles } = await account.client.directory(signal);
    if (plan.profile !== undefined && !profiles.includes(plan.profile)) {
      const which = profiles.length === 0 ? 'it has none' : `it has ${profiles.join(', ')}`;
      throw new AcmeError(`${new URL(url).host} has no certificate profile "${plan.profile}": ${which}`);
    }
    const key = keyPem(await createKey(plan.keyType));
    await this.#note({ url: undefined, names, key, records: [], resumptions: 0 });
    const payload = {
      identifiers: names.map((name) => ({ type: isIP(name) ? 'ip' : 'dns', value: name })),
      ...(plan.profile !== undefined && { profile: plan.profile }),
    };
    const answer = await this.#newOrder(url, payload, replaces);
    if (answer.location === undefined) throw new AcmeError(`${new URL(url).host} gives no order`);
    await this.#note({ url: answer.location, names, key, records: [], resumptions: 0 });
    return stateOf(answer.location, answer.json);
  }

  /** That it replaces one helps with rate limits; CAs that do not know that one take the order without it (RFC 9773 §5). */
  async #newOrder(url: string, payload: object, replaces: string | undefined): ReturnType<AcmeAccount['post']> {
    const { account, signal } = this.#options;
    if (replaces === undefined) return await account.post({ url, payload, signal });
    try {
      return await account.post({ url, payload: { ...payload, replaces }, signal });
    } catch (error) {
      const verdict = error instanceof AcmeError ? error.problem?.type : undefined;
      if (verdict === undefined || passingProblems.has(verdict)) throw error;
      return await account.post({ url, payload, signal });
    }
  }

  async #polled(url: string, ...waiting: readonly string[]): Promise<OrderState> {
    const { account, clock, signal } = this.#options;
    const ask = (): ReturnType<AcmeAccount['post']> => account.post({ url, signal });
    const answer = await poll(ask, ({ json }) => !waiting.includes(textOf(json['status'])), 'the order', clock, signal);
    const order = stateOf(url, answer.json);
    if (order.status === 'invalid') throw orderError(order);
    return order;
  }

  #provers(): Provers {
    const { board, plan, signal } = this.#options;
    const hook = plan.dnsHook ?? [];
    return {
      board,
      presentRecord: async (record) => {
        if (this.#known) await this.#note({ ...this.#known, records: [...this.#known.records, record] });
        await runDnsHook(hook, 'present', record, signal);
      },
      cleanUpRecord: async (record) => {
        await runDnsHook(hook, 'cleanup', record, signal);
        if (!this.#known) return;
        const records = this.#known.records.filter(({ name, value }) => name !== record.name || value !== record.value);
        await this.#note({ ...this.#known, records });
      },
    };
  }

  async #note(progress: OrderProgress): Promise<void> {
    this.#known = progress;
    await this.#options.progress.write(progress);
  }

  /** Removes records that a sudden end has left. */
  async #cleanUp(): Promise<void> {
    const { plan, log, signal } = this.#options;
    const { dnsHook } = plan;
    if (!this.#known || !dnsHook) return;
    for (const record of this.#known.records) {
      try {
        await runDnsHook(dnsHook, 'cleanup', record, signal);
      } catch (error) {
        if (!signal.aborted) log.warn((error as Error).message);
      }
    }
    if (this.#known.records.length > 0) await this.#note({ ...this.#known, records: [] });
  }

  async #forget(): Promise<void> {
    const records = this.#known?.records ?? [];
    if (!this.#known || records.length === 0) return await this.#options.progress.remove();
    await this.#note({ ...this.#known, url: undefined, records });
  }
}

/** Whether an order is of no use any more: what the CA has said is final, as is what nobody has foreseen; what has kept us from hearing the CA is not. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof AcmeError)) return true;
  return error.problem !== undefined && !passingProblems.has(error.problem.type);
}

/** Undefined where it is none. */
function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function stateOf(url: string, json: Readonly<Record<string, unknown>>): OrderState {
  const { status, authorizations, finalize, certificate, error } = json;
  return {
    url,
    status: textOf(status),
    authorizations: listOf(authorizations).map(textOf),
    finalize: textOf(finalize),
    certificate: textOf(certificate),
    error,
  };
}

function orderError({ url, status, error }: OrderState): AcmeError {
  const problem = toProblem(error);
  const other = status === 'valid' ? 'it has no certificate' : `its status is "${status}"`;
  const reason = status === 'invalid' ? problemText(problem) : other;
  return new AcmeError(`The order at ${new URL(url).host} has failed: ${reason}`, {
    problem: { ...problem, type: problem.type || 'invalid' },
  });
}
