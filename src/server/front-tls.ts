import type { ConnectionFacts } from '../core/exchange.ts';
import { maxOnDemandCertificates, maxWantedCertificates, onDemandFreshMs } from '../core/limits.ts';
import type { TlsChoice, TlsHosts } from '../front/tls/tls-hosts.ts';
import type { ClientHello } from '../protocol/tls/client-hello.ts';
import { TlsHost } from '../tls/tls-host.ts';
import type { TlsMaterial } from '../tls/tls-material.ts';
import { type AcmeAnswers, acmeProtocol } from './acme-answers.ts';

const protocols = { http2: ['h2', 'http/1.1', 'http/1.0'], http1: ['http/1.1', 'http/1.0'] } as const;

/** The server that makes the handshake for a name. */
export interface NamedServer {
  /** Its place in the plan. */
  readonly server: number;
  readonly material: TlsMaterial | undefined;
  /** Of the server that was asked for, where it has rules for clients and another one's certificates. */
  readonly rules: TlsMaterial | undefined;
  readonly http2: boolean;
}

export interface FrontTlsOptions {
  /** Undefined where its listener is gone. */
  serverFor(facts: ConnectionFacts, name: string): NamedServer | undefined;
  readonly acme: AcmeAnswers;
  /** A monotonic clock in milliseconds. */
  now(): number;
  /** Asks the main thread for the certificate of a name, which `setCertificate` then tells. */
  want(server: number, name: string): void;
}

interface OnDemand {
  readonly material: TlsMaterial;
  readonly until: number;
}

interface Wanted {
  readonly answer: Promise<TlsMaterial | undefined>;
  readonly resolve: (material: TlsMaterial | undefined) => void;
}

/** The handshakes of one front thread: contexts are made when they are first needed, and kept as long as the site has them. */
export class FrontTls implements TlsHosts {
  readonly #options: FrontTlsOptions;
  /** By their material, that of a server's rules behind a space, and whether they offer HTTP/2. */
  readonly #hosts: Map<TlsMaterial['id'], { readonly http1: TlsHost; readonly http2: TlsHost }> = new Map();
  /** Got on demand, by server and name; the one that was used longest ago first. */
  readonly #onDemand: Map<string, OnDemand> = new Map();
  readonly #wanted: Map<string, Wanted> = new Map();

  constructor(options: FrontTlsOptions) {
    this.#options = options;
  }

  /**
   * What the site's servers have from now on; contexts of anything else are let go, and what was got on demand is asked for again.
   * `isNew`: their places may be others than before.
   */
  use(materials: readonly (TlsMaterial | undefined)[], isNew: boolean): void {
    this.#onDemand.clear();
    if (isNew) {
      for (const { resolve } of this.#wanted.values()) resolve(undefined);
      this.#wanted.clear();
    }
    const used = new Set(materials.map((material) => material?.id));
    for (const id of this.#hosts.keys()) if (!used.has(id)) this.#hosts.delete(id);
  }

  /** The main thread has, or has not, a certificate for a name that was wanted. */
  setCertificate(server: number, name: string, material: TlsMaterial | undefined): void {
    const key = keyOf(server, name);
    const wanted = this.#wanted.get(key);
    if (!wanted) return;
    if (material) this.#keep(key, { material, until: this.#options.now() + onDemandFreshMs });
    wanted.resolve(material);
    this.#wanted.delete(key);
  }

  /** There is another certificate for a name that is got on demand: whoever comes next waits for it. */
  forget(name: string): void {
    for (const [key, known] of this.#onDemand) if (key.endsWith(` ${name}`)) this.#drop(key, known);
  }

  choose(facts: ConnectionFacts, hello: ClientHello): TlsChoice | undefined | Promise<TlsChoice | undefined> {
    const { serverName, alpn } = hello;
    const { acme, serverFor } = this.#options;
    // RFC 8737 §3: it is the only one that a CA offers.
    const proof = alpn.length === 1 && alpn[0] === acmeProtocol ? acme.host(serverName) : undefined;
    if (proof) return { host: proof, clients: undefined, isProof: true };
    const named = serverFor(facts, serverName);
    if (!named?.material || named.material.plan.rejectsHandshake) return undefined;
    const { server, material } = named;
    if (!material.isOnDemand) return this.#choiceOf(material, named);
    if (serverName === '') return undefined;
    const key = keyOf(server, serverName);
    const known = this.#onDemand.get(key);
    if (known && this.#options.now() < known.until) {
      this.#keep(key, known);
      return this.#choiceOf(known.material, named);
    }
    return this.#want(server, serverName)?.then((got) => got && this.#choiceOf(got, named));
  }

  #want(server: number, name: string): Promise<TlsMaterial | undefined> | undefined {
    const key = keyOf(server, name);
    const wanted = this.#wanted.get(key);
    if (wanted) return wanted.answer;
    if (this.#wanted.size >= maxWantedCertificates) return undefined;
    const { promise: answer, resolve } = Promise.withResolvers<TlsMaterial | undefined>();
    this.#wanted.set(key, { answer, resolve });
    this.#options.want(server, name);
    return answer;
  }

  #choiceOf(from: TlsMaterial, { rules, http2 }: NamedServer): TlsChoice | undefined {
    if (from.certificates.length === 0) return undefined;
    const { clients, ticketKey } = rules ?? from;
    const id = rules ? `${from.id} ${rules.id}` : from.id;
    let hosts = this.#hosts.get(id);
    if (!hosts) {
      const material = rules ? { ...from, id, clients, ticketKey } : from;
      hosts = { http1: new TlsHost(material, protocols.http1), http2: new TlsHost(material, protocols.http2) };
      this.#hosts.set(id, hosts);
    }
    return { host: http2 ? hosts.http2 : hosts.http1, clients };
  }

  /** As the one that was used last. */
  #keep(key: string, found: OnDemand): void {
    this.#onDemand.delete(key);
    this.#onDemand.set(key, found);
    if (this.#onDemand.size <= maxOnDemandCertificates) return;
    const [oldest] = this.#onDemand;
    if (oldest) this.#drop(...oldest);
  }

  #drop(key: string, { material: { id } }: OnDemand): void {
    this.#onDemand.delete(key);
    for (const each of this.#hosts.keys()) if (each === id || each.startsWith(`${id} `)) this.#hosts.delete(each);
  }
}

function keyOf(server: number, name: string): string {
  return `${server} ${name}`;
}
