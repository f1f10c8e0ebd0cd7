import type { Socket } from 'node:net';
import { ProtocolError } from '../core/errors.ts';
import type { ConnectionFacts } from '../core/exchange.ts';
import { ProxyProtocolReader } from '../protocol/proxy-protocol/read.ts';
import type { ConnectionContext } from './connection-context.ts';
import type { ListenerSettings } from './listener-settings.ts';
import { openConnection } from './open-connection.ts';
import { OpeningConnection } from './opening-connection.ts';

/**
 * A client connection until its header of the PROXY protocol has come; then it is opened with what that tells. Without one, or with
 * one that comes too late, it is closed without an answer.
 */
export class ProxyProtocolConnection extends OpeningConnection {
  readonly #reader: ProxyProtocolReader = new ProxyProtocolReader();
  readonly #listeners: readonly [event: string, listener: (chunk: Buffer) => void][] = [
    ['data', (chunk) => this.#receive(chunk)],
    ['end', () => this.#clientEnd()],
    ['error', () => this.leave()],
    ['close', () => this.leave()],
  ];

  constructor(socket: Socket, facts: ConnectionFacts, context: ConnectionContext, settings: ListenerSettings) {
    super(socket, facts, context, settings);
    for (const [event, listener] of this.#listeners) socket.on(event, listener);
  }

  /** Ends what comes too slowly. Called at every sweep. */
  check(now: number): void {
    this.checkWithin(this.settings.timeouts.headMs, now, 'The header of the PROXY protocol has not come');
  }

  #receive(chunk: Buffer): void {
    try {
      const header = this.#reader.receive(chunk);
      if (header) this.#begin(header.told ? { ...this.facts, proxyProtocol: header.told } : this.facts, header.rest);
    } catch (error) {
      if (error instanceof ProtocolError) this.fail(error.message);
      else throw error;
    }
  }

  #begin(facts: ConnectionFacts, rest: Buffer | undefined): void {
    for (const [event, listener] of this.#listeners) this.socket.off(event, listener);
    this.become(openConnection(this.socket, facts, this.context, this.settings), rest);
  }

  /** One that only looks whether somebody listens says nothing at all. */
  #clientEnd(): void {
    try {
      this.#reader.end();
      this.destroy();
    } catch (error) {
      if (error instanceof ProtocolError) this.fail(error.message);
      else throw error;
    }
  }
}
