import { readFileSync, statSync } from 'node:fs';
import { ocspLimits, tlsFileCheckMs } from '../../core/limits.ts';
import type { Log } from '../../observe/log.ts';
import type { StaplingPlan } from '../../plan/tls-plan.ts';
import { askResponder } from './ask-responder.ts';
import { type OcspAnswer, readOcspAnswer } from './ocsp-answer.ts';
import { type OcspQuestion, ocspQuestion, type RevocationHints } from './ocsp-question.ts';
import { refreshMs, retryMs } from './refresh-time.ts';

export interface StapledCertificateContext {
  readonly log: Log;
  now(): number;
  random(): number;
  /** `response` is another one. */
  changed(): void;
}

/** What is stapled to one certificate: its CA's answer, asked for again in time, or that of a file. */
export class StapledCertificate {
  readonly #certificate: string;
  readonly #plan: StaplingPlan;
  readonly #hints: RevocationHints;
  readonly #context: StapledCertificateContext;
  readonly #stopped: AbortController = new AbortController();
  #response: Uint8Array | undefined;
  #answer: OcspAnswer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #fileState = '';
  #told = '';

  constructor(certificate: string, plan: StaplingPlan, hints: RevocationHints, context: StapledCertificateContext) {
    this.#certificate = certificate;
    this.#plan = plan;
    this.#hints = hints;
    this.#context = context;
  }

  /** DER; undefined where there is none that holds. */
  get response(): Uint8Array | undefined {
    const until = this.#answer?.until;
    return until !== undefined && until <= this.#context.now() ? undefined : this.#response;
  }

  /** Reads the file, or begins to ask. */
  start(): void {
    const { file, responder = this.#hints.responder } = this.#plan;
    let question: OcspQuestion;
    try {
      question = ocspQuestion(this.#certificate);
      if (file === undefined && responder === undefined) throw new Error('it names no OCSP responder');
    } catch (error) {
      this.#tell(error);
      return;
    }
    if (file !== undefined) {
      this.#readFile(file, question);
      this.#watchFile(file, question);
    } else if (responder !== undefined) void this.#ask(responder, question);
  }

  close(): void {
    this.#stopped.abort();
    clearTimeout(this.#timer);
  }

  #watchFile(file: string, question: OcspQuestion): void {
    const before = this.response;
    this.#later(tlsFileCheckMs, () => {
      this.#readFile(file, question);
      if (this.response !== before) this.#context.changed();
      this.#watchFile(file, question);
    });
  }

  #readFile(file: string, question: OcspQuestion): void {
    try {
      const { mtimeMs, size, ino } = statSync(file);
      const state = `${mtimeMs} ${size} ${ino}`;
      if (state === this.#fileState) return;
      this.#fileState = state;
      if (size > ocspLimits.maxResponseSize) throw new Error(`it has more than ${ocspLimits.maxResponseSize} bytes`);
      this.#take(readFileSync(file), question);
    } catch (error) {
      this.#tell(new Error(`cannot use "${file}": ${messageOf(error)}`));
    }
  }

  async #ask(responder: string, question: OcspQuestion): Promise<void> {
    const { now, random, changed } = this.#context;
    const before = this.#response;
    let waitMs: number;
    try {
      const response = await askResponder(responder, question.request, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      waitMs = refreshMs(this.#take(response, question), now(), random());
      this.#failures = 0;
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#tell(new Error(`${responder}: ${messageOf(error)}`));
      waitMs = retryMs(++this.#failures, random());
    }
    const until = this.#answer?.until;
    const leftMs = until === undefined ? undefined : until - now();
    if (leftMs !== undefined && leftMs <= 0) this.#forget();
    // An answer that ends before the next attempt is taken from clients in time.
    if (leftMs !== undefined && leftMs > 0 && leftMs < waitMs) {
      this.#later(leftMs, () => {
        this.#forget();
        changed();
        this.#later(waitMs - leftMs, () => void this.#ask(responder, question));
      });
    } else {
      this.#later(waitMs, () => void this.#ask(responder, question));
    }
    if (this.#response !== before) changed();
  }

  #take(response: Uint8Array, question: OcspQuestion): OcspAnswer {
    const answer = readOcspAnswer(response, question, this.#context.now(), this.#plan.verifies);
    this.#told = '';
    this.#answer = answer;
    this.#response = response;
    return answer;
  }

  #forget(): void {
    this.#answer = undefined;
    this.#response = undefined;
  }

  #later(delayMs: number, run: () => void): void {
    if (this.#stopped.signal.aborted) return;
    this.#timer = setTimeout(run, delayMs).unref();
  }

  #tell(error: unknown): void {
    const message = messageOf(error);
    // What stays wrong is said once.
    if (message !== this.#told) this.#context.log.warn(`No OCSP answer for "${this.#hints.name}": ${message}`);
    this.#told = message;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
