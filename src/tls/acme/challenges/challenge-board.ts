import type { AcmeChallenges } from '../../tls-material.ts';

type HttpProof = AcmeChallenges['http'][number];
type TlsProof = AcmeChallenges['tlsAlpn'][number];

/** What front threads answer to CAs at present. */
export class ChallengeBoard {
  readonly #changed: (challenges: AcmeChallenges) => void;
  readonly #http = new Set<HttpProof>();
  readonly #tlsAlpn = new Set<TlsProof>();

  /** `changed` tells front threads. */
  constructor(changed: (challenges: AcmeChallenges) => void) {
    this.#changed = changed;
  }

  /** Answers a CA that asks by http-01; returns what ends that. */
  addHttp(proof: HttpProof): () => void {
    return this.#add(this.#http, proof);
  }

  /** The same by tls-alpn-01. */
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
