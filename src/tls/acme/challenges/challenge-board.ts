import { EventEmitter, once } from 'node:events';
import type { AcmeChallenges } from '../../tls-material.ts';

type HttpProof = AcmeChallenges['http'][number];
type TlsProof = AcmeChallenges['tlsAlpn'][number];

/** What front threads answer to CAs at present. */
export class ChallengeBoard {
  readonly #changed: (challenges: AcmeChallenges) => void;
  readonly #http = new Set<HttpProof>();
  readonly #tlsAlpn = new Set<TlsProof>();
  /** Names that are being proved by TLS. */
  readonly #held = new Set<string>();
  readonly #freed: EventEmitter = new EventEmitter().setMaxListeners(0);

  /** `changed` tells front threads. */
  constructor(changed: (challenges: AcmeChallenges) => void) {
    this.#changed = changed;
  }

  /** Answers a CA that asks by http-01; returns what ends that. */
  addHttp(proof: HttpProof): () => void {
    return this.#add(this.#http, proof);
  }

  /**
   * Waits until nobody else proves one of the names by TLS: a handshake shows one proof of its name. All are taken at once, so that no two
   * wait for each other. Returns what ends that. Rejects when the signal is aborted.
   */
  async hold(names: readonly string[], signal: AbortSignal): Promise<() => void> {
    while (names.some((name) => this.#held.has(name))) await once(this.#freed, 'freed', { signal });
    for (const name of names) this.#held.add(name);
    return () => {
      for (const name of names) this.#held.delete(name);
      this.#freed.emit('freed');
    };
  }

  /** The same by tls-alpn-01, of a name that is held. */
  addTlsAlpn(proof: TlsProof): () => void {
    return this.#add(this.#tlsAlpn, proof);
  }

  #add<Proof>(proofs: Set<Proof>, proof: Proof): () => void {
    proofs.add(proof);
    this.#tell();
    return () => {
      if (proofs.delete(proof)) this.#tell();
    };
  }

  #tell(): void {
    this.#changed({ http: [...this.#http], tlsAlpn: [...this.#tlsAlpn] });
  }
}
