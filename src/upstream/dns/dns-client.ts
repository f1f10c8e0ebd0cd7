import { ADDRCONFIG } from 'node:dns';
import { lookup, Resolver as ResolverOfNode } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ResolverPlan } from '../../plan/upstream-plan.ts';
import { holdMs, systemAnswerMs } from './answer-time.ts';

/** A name that could not be looked up; the message tells which and why, for a log. */
export class LookupFailure extends Error {
  /** It was answered: there is no such name, or it has no address. Otherwise nobody knows. */
  readonly isGone: boolean;

  constructor(message: string, isGone: boolean) {
    super(message);
    this.isGone = isGone;
  }
}

/** What a name stands for, and how long that holds, in milliseconds. */
export interface Answer<Value> {
  readonly values: readonly Value[];
  readonly holdMs: number;
}

/** One address of a service. */
export interface ServiceAddress {
  readonly host: string;
  readonly port: number;
  /** Lower ones come first. */
  readonly priority: number;
  readonly weight: number;
}

/** How long the other kind of address is waited for when one is there, in milliseconds. */
const otherFamilyMs = 1_000;
/** How long one question to one server may take at first, in milliseconds, and how often it is asked. */
const questionMs = 2_000;
const questions = 3;
/** Where no config says how long a lookup may take. */
const systemTimeoutMs = 30_000; // nginx resolver_timeout 30 s
/** Hosts of one service that are looked up. */
const mostTargets = 64;

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  ENODATA: 'it has no address',
  ETIMEOUT: 'no name server answers in time',
  ECONNREFUSED: 'no name server answers',
  ESERVFAIL: 'the name server has failed',
  EREFUSED: 'the name server refuses to answer',
  EAI_AGAIN: 'no name server answers',
};

/** Looks names up: with the name servers of a plan, or as the system does. It keeps nothing; {@link Resolver} and NameWatch do. */
export class DnsClient {
  readonly #plan: ResolverPlan | undefined;
  #opened: Promise<ResolverOfNode> | undefined;
  #closed: AbortController = new AbortController();

  constructor(plan: ResolverPlan | undefined) {
    this.#plan = plan;
  }

  /** The addresses of a host; itself where it is one. Rejects with {@link LookupFailure}. */
  async addresses(host: string): Promise<Answer<string>> {
    if (isIP(host) !== 0) return { values: [host], holdMs: Number.POSITIVE_INFINITY };
    const asked = host.toLowerCase() === 'localhost' ? this.#askForLocalhost() : this.#ask(host);
    const answer = await this.#limited(host, asked);
    if (answer.values.length === 0) throw new LookupFailure(`Cannot look up ${host}: ${reasons['ENODATA']}`, true);
    return answer;
  }

  /** Where a service is, by its SRV records (RFC 2782). Rejects with {@link LookupFailure}. */
  async services(name: string): Promise<Answer<ServiceAddress>> {
    const records = await this.#limited(
      name,
      this.#resolver().then((resolver) => resolver.resolveSrv(name)),
    );
    const found = await Promise.allSettled(
      records.slice(0, mostTargets).map(async ({ name: target, port, priority, weight }) => {
        const { values, holdMs: ofTarget } = await this.addresses(target);
        return { ofTarget, addresses: values.map((host): ServiceAddress => ({ host, port, priority, weight })) };
      }),
    );
    const targets = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    if (targets.length === 0) {
      const isGone = found.every((each) => each.status === 'rejected' && (each.reason as LookupFailure).isGone);
      throw new LookupFailure(`Cannot look up ${name}: none of its targets has an address`, isGone);
    }
    // Node does not tell the time to live of SRV records: that of the addresses stands for it.
    const shortest = Math.min(systemAnswerMs, ...targets.map(({ ofTarget }) => ofTarget));
    return {
      values: targets.flatMap(({ addresses }) => addresses),
      holdMs: this.#plan?.validMs === undefined ? shortest : holdMs(0, this.#plan.validMs),
    };
  }

  /** What is under way fails. */
  close(): void {
    this.#closed.abort();
    void this.#opened?.then((resolver) => resolver.cancel()).catch(() => {});
  }

  #ask(host: string): Promise<Answer<string>> {
    return this.#plan && this.#plan.servers.length > 0 ? this.#askServers(host) : this.#askSystem(host);
  }

  /** No name server is to be asked for it, and it is always this machine (RFC 6761 §6.3). */
  async #askForLocalhost(): Promise<Answer<string>> {
    const loopback = { values: [this.#plan?.ipv4 === false ? '::1' : '127.0.0.1'], holdMs: systemAnswerMs };
    try {
      const answer = await this.#askSystem('localhost');
      return answer.values.length > 0 ? answer : loopback;
    } catch {
      return loopback;
    }
  }

  async #askSystem(host: string): Promise<Answer<string>> {
    const { ipv4 = true, ipv6 = true, validMs } = this.#plan ?? {};
    const family = ipv4 && ipv6 ? 0 : ipv4 ? 4 : 6;
    const found = await lookup(host, { all: true, family, order: 'verbatim', hints: addressHints() });
    // A name that stands for one address twice, as in /etc/hosts, is there once.
    const values = [...new Set(found.map(({ address }) => address))];
    return { values, holdMs: validMs === undefined ? systemAnswerMs : holdMs(0, validMs) };
  }

  /** A and AAAA at once. One of them is enough, and is not held up for long by the other. */
  async #askServers(host: string): Promise<Answer<string>> {
    const resolver = await this.#resolver();
    const { ipv4 = true, ipv6 = true, validMs } = this.#plan ?? {};
    const asked = [
      ...(ipv4 ? [resolver.resolve4(host, { ttl: true })] : []),
      ...(ipv6 ? [resolver.resolve6(host, { ttl: true })] : []),
    ];
    const late = Promise.withResolvers<void>();
    let timer: NodeJS.Timeout | undefined;
    const found: (readonly { readonly address: string; readonly ttl: number }[] | undefined)[] = [];
    const failures: unknown[] = [];
    const each = asked.map(async (question, index) => {
      try {
        found[index] = await question;
        timer ??= setTimeout(late.resolve, otherFamilyMs);
      } catch (error) {
        failures.push(error);
      }
    });
    await Promise.race([Promise.all(each), late.promise]);
    clearTimeout(timer);
    const records = found.flatMap((answer) => answer ?? []);
    if (records.length === 0 && failures.length > 0) throw tellingFailure(failures);
    return {
      values: records.map(({ address }) => address),
      holdMs: holdMs(Math.min(...records.map(({ ttl }) => ttl)), validMs),
    };
  }

  #resolver(): Promise<ResolverOfNode> {
    this.#opened ??= openResolver(this.#plan);
    this.#opened.catch(() => {
      this.#opened = undefined;
    });
    return this.#opened;
  }

  async #limited<Value>(name: string, asked: Promise<Value>): Promise<Value> {
    const { signal } = this.#closed;
    const over = Promise.withResolvers<never>();
    const fail = (code: string) => (): void => over.reject(Object.assign(new Error(code), { code }));
    const timer = setTimeout(fail('ETIMEOUT'), this.#plan?.timeoutMs ?? systemTimeoutMs);
    const close = fail('ECANCELLED');
    signal.addEventListener('abort', close);
    if (signal.aborted) close();
    try {
      return await Promise.race([asked, over.promise]);
    } catch (error) {
      if (error instanceof LookupFailure) throw error;
      const { code = String(error) } = error as NodeJS.ErrnoException;
      throw new LookupFailure(`Cannot look up ${name}: ${reasons[code] ?? code}`, saysNone(error));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', close);
    }
  }
}

/** As nginx: no IPv6 addresses where this machine has none itself, and so on. On a machine without a network that would be no address at all. */
function addressHints(): number {
  return Object.values(networkInterfaces()).some((each) => each?.some(({ internal }) => !internal)) ? ADDRCONFIG : 0;
}

/** The failure that says most: that there is no such name says less than that nobody answers. */
function tellingFailure(failures: readonly unknown[]): unknown {
  return failures.find((error) => !saysNone(error)) ?? failures[0];
}

function saysNone(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

async function openResolver(plan: ResolverPlan | undefined): Promise<ResolverOfNode> {
  const { servers = [], timeoutMs = systemTimeoutMs } = plan ?? {};
  const resolver = new ResolverOfNode({ timeout: Math.min(questionMs, timeoutMs), tries: questions });
  if (servers.length === 0) return resolver;
  const addresses = await Promise.all(
    servers.map(async ({ host, port }) => {
      const { address } = isIP(host) === 0 ? await lookup(host) : { address: host };
      return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    }),
  );
  resolver.setServers(addresses);
  return resolver;
}
