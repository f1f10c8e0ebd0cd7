import type { Socket } from 'node:net';
import type { ConnectionFacts } from '../core/exchange.ts';
import type { ClientConnection, ConnectionContext } from './connection-context.ts';
import type { ListenerSettings } from './listener-settings.ts';

/** A client connection before its first request: another one takes its place once it is known what is spoken. It is ended where that takes too long. */
export abstract class OpeningConnection implements ClientConnection {
  protected readonly socket: Socket;
  protected readonly facts: ConnectionFacts;
  protected readonly context: ConnectionContext;
  protected readonly settings: ListenerSettings;
  /** When what is waited for began. */
  protected since: number;
  /** It is closed, or another one has taken its place. */
  protected isGone = false;
  #unlistened: number | undefined;

  constructor(socket: Socket, facts: ConnectionFacts, context: ConnectionContext, settings: ListenerSettings) {
    this.socket = socket;
    this.facts = facts;
    this.context = context;
    this.settings = settings;
    this.since = context.coarseNow;
  }

  get idleSince(): number | undefined {
    return this.isGone ? undefined : this.since;
  }

  get isAwaited(): boolean {
    return false;
  }

  unlistened(listener: number): void {
    if (listener === this.facts.listener) this.#unlistened = listener;
  }

  giveUp(): 'nothing' {
    return 'nothing';
  }

  destroy(): void {
    this.socket.destroy();
    this.leave();
  }

  abstract check(now: number): void;

  /** Ends what is not there after so long. `what` has not come. */
  protected checkWithin(mostMs: number, now: number, what: string): void {
    const { stoppedAt, idleMs } = this.context;
    if (now - this.since >= mostMs) this.fail(`${what} within ${mostMs} ms`);
    else if (now - Math.max(this.since, stoppedAt) >= idleMs) this.destroy();
  }

  /** Another one takes its place; the caller has taken its own listeners off the socket. */
  protected become(next: ClientConnection & { receive(chunk: Buffer): void }, received: Buffer | undefined): void {
    this.isGone = true;
    this.context.replaced(this, next);
    if (this.#unlistened !== undefined) next.unlistened?.(this.#unlistened);
    if (this.context.stopping) next.stop?.();
    if (received) next.receive(received);
  }

  protected fail(reason: string): void {
    this.context.refused(reason, this.facts);
    this.destroy();
  }

  protected leave(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.context.closed(this);
  }
}
