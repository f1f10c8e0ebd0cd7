import type { Socket } from 'node:net';
import { ProtocolError } from '../core/errors.ts';
import type { ConnectionFacts } from '../core/exchange.ts';
import { ProxyProtocolReader } from '../protocol/proxy-protocol/read.ts';
import type { ClientConnection, ConnectionContext } from './connection-context.ts';
import type { ListenerSettings } from './listener-settings.ts';
import { openConnection } from './open-connection.ts';

/**
 * A client connection until its header of the PROXY protocol has come; then it is opened with what that tells. Without one, or with
 * one that comes too late, it is closed without an answer.
 */
export class ProxyProtocolConnection implements ClientConnection {
  readonly #socket: Socket;
  readonly #facts: ConnectionFacts;
  readonly #context: ConnectionContext;
  readonly #settings: ListenerSettings;
  readonly #reader: ProxyProtocolReader = new ProxyProtocolReader();
  readonly #openedAt: number;
  readonly #listeners: readonly [event: string, listener: (chunk: Buffer) => void][] = [
    ['data', (chunk) => this.#receive(chunk)],
    ['end', () => this.#clientEnd()],
    ['error', () => this.#gone()],
    ['close', () => this.#gone()],
  ];
  #unlistened: number | undefined;
  #isGone = false;

  constructor(socket: Socket, facts: ConnectionFacts, context: ConnectionContext, settings: ListenerSettings) {
    this.#socket = socket;
    this.#facts = facts;
    this.#context = context;
    this.#settings = settings;
    this.#openedAt = context.coarseNow;
    for (const [event, listener] of this.#listeners) socket.on(event, listener);
  }

  get idleSince(): number | undefined {
    return this.#isGone ? undefined : this.#openedAt;
  }

  get isAwaited(): boolean {
    return false;
  }

  unlistened(listener: number): void {
    if (listener === this.#facts.listener) this.#unlistened = listener;
  }

  giveUp(): 'nothing' {
    return 'nothing';
  }

  destroy(): void {
    this.#socket.destroy();
    this.#gone();
  }

  /** Ends what comes too slowly. Called at every sweep. */
  check(now: number): void {
    const { stoppedAt, idleMs } = this.#context;
    const mostMs = this.#settings.timeouts.headMs;
    if (now - this.#openedAt >= mostMs) this.#fail(`The header of the PROXY protocol has not come within ${mostMs} ms`);
    else if (now - Math.max(this.#openedAt, stoppedAt) >= idleMs) this.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      const header = this.#reader.receive(chunk);
      if (header) this.#begin(header.told ? { ...this.#facts, proxyProtocol: header.told } : this.#facts, header.rest);
    } catch (error) {
      if (error instanceof ProtocolError) this.#fail(error.message);
      else throw error;
    }
  }

  #begin(facts: ConnectionFacts, rest: Buffer | undefined): void {
    for (const [event, listener] of this.#listeners) this.#socket.off(event, listener);
    this.#isGone = true;
    const next = openConnection(this.#socket, facts, this.#context, this.#settings);
    this.#context.replaced(this, next);
    if (this.#unlistened !== undefined) next.unlistened?.(this.#unlistened);
    if (rest) next.receive(rest);
  }

  /** One that only looks whether somebody listens says nothing at all. */
  #clientEnd(): void {
    try {
      this.#reader.end();
      this.destroy();
    } catch (error) {
      if (error instanceof ProtocolError) this.#fail(error.message);
      else throw error;
    }
  }

  #fail(reason: string): void {
    this.#context.refused(reason, this.#facts);
    this.destroy();
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#context.closed(this);
  }
}
