import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';
import type { FailureCause } from './load-report.ts';

/** A request and who is told what came of it, once. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly keepsAlive: boolean;
  /** When the answer is too late, of `performance.now()`. */
  readonly lateAt: number;
  readonly answered: (status: number, body: string) => void;
  readonly failed: (cause: FailureCause, detail: string) => void;
}

/**
 * A close that comes so soon after a request was written was under way before, in milliseconds: on one machine it is there by
 * the next turn of the event loop.
 */
const raceMs = 5;

/** One connection of a load, with one request at a time. */
export class LoadConnection {
  readonly #socket: Socket;
  readonly #openedAt: number = performance.now();
  #request: LoadRequest | undefined;
  #reader: AnswerReader | undefined;
  #isConnected = false;
  #isOver = false;
  #answers = 0;
  #sentAt = 0;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('connect', () => {
      this.#isConnected = true;
    });
    this.#socket.on('data', (text: string) => this.#received(text));
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#broken(error.code ?? error.message));
    this.#socket.on('close', () => this.#broken('closed'));
  }

  /** Whether a request may be written: the server has not ended it as far as can be seen. */
  get isUsable(): boolean {
    return !this.#isOver;
  }

  send(request: LoadRequest): void {
    this.#request = request;
    this.#reader = new AnswerReader();
    this.#sentAt = performance.now();
    const length = request.method === 'POST' ? 'Content-Length: 0\r\n' : '';
    const end = request.keepsAlive ? '' : 'Connection: close\r\n';
    this.#socket.write(
      `${request.method} ${request.path} HTTP/1.1\r\nHost: localhost\r\n${length}${end}\r\n`,
      'latin1',
    );
  }

  failIfLate(now: number): void {
    if (this.#request && now >= this.#request.lateAt) {
      this.#fail('timeout', `no whole answer ${Math.round(now - this.#sentAt)} ms after it was sent`);
    }
  }

  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #received(text: string): void {
    const request = this.#request;
    const reader = this.#reader;
    if (!request || !reader) {
      // A server may say on an idle connection why it closes it (408); that is nobody's answer.
      this.close();
      return;
    }
    try {
      reader.add(text);
    } catch (error) {
      this.#fail('malformed', error instanceof Error ? error.message : String(error));
      return;
    }
    if (reader.isComplete) this.#answered(request, reader);
  }

  #answered(request: LoadRequest, reader: AnswerReader): void {
    this.#answers++;
    this.#request = undefined;
    this.#reader = undefined;
    if (reader.closes || !request.keepsAlive) this.close();
    request.answered(reader.status, reader.body);
  }

  #ended(): void {
    this.#isOver = true;
    const request = this.#request;
    const reader = this.#reader;
    if (!request || !reader) return;
    reader.end();
    if (reader.isComplete) this.#answered(request, reader);
    else this.#lost('closed', 'FIN');
  }

  #broken(code: string): void {
    this.#isOver = true;
    if (!this.#request) return;
    if (this.#isConnected) this.#lost('reset', code);
    else this.#fail(code === 'ECONNREFUSED' ? 'refused' : 'not-connected', code);
  }

  #lost(how: 'closed' | 'reset', code: string): void {
    const afterMs = performance.now() - this.#sentAt;
    const begun = this.#reader?.hasBegun === true;
    const detail = `${code} ${afterMs.toFixed(1)} ms after it was sent, after ${this.#answers} answers on a connection of ${Math.round(performance.now() - this.#openedAt)} ms`;
    if (!begun && this.#answers > 0 && afterMs < raceMs) this.#fail('closed-idle-race', detail);
    else this.#fail(`${how}-${begun ? 'in' : 'before'}-answer`, detail);
  }

  #fail(cause: FailureCause, detail: string): void {
    const request = this.#request;
    this.#request = undefined;
    this.#reader = undefined;
    this.close();
    request?.failed(cause, detail);
  }
}
