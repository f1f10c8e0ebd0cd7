import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ProtocolError } from '../../core/errors.ts';
import type { ConnectionFacts } from '../../core/exchange.ts';
import { type ClientHello, ClientHelloReader, fatalAlert } from '../../protocol/tls/client-hello.ts';
import { tlsFactsOf } from '../../tls/client/tls-facts-of.ts';
import { Connection } from '../connection.ts';
import type { ClientConnection, ConnectionContext } from '../connection-context.ts';
import type { ListenerSettings } from '../listener-settings.ts';
import type { TlsChoice, TlsHosts } from './tls-hosts.ts';

/**
 * A client connection until its TLS handshake is done; then it is a `Connection` or an `Http2Connection`, whichever was agreed on. Who
 * speaks HTTP without TLS is let through to the site, which tells so.
 */
export class TlsConnection implements ClientConnection {
  readonly #socket: Socket;
  readonly #facts: ConnectionFacts;
  readonly #context: ConnectionContext;
  readonly #settings: ListenerSettings;
  readonly #hosts: TlsHosts;
  readonly #refused: (reason: string) => void;
  readonly #reader: ClientHelloReader = new ClientHelloReader();
  readonly #openedAt: number;
  readonly #readListeners: readonly [event: string, listener: (chunk: Buffer) => void][] = [
    ['data', (chunk) => this.receive(chunk)],
    ['end', () => this.destroy()],
  ];
  readonly #gone: () => void = () => this.#leave();
  #unlistened: number | undefined;
  #isGone = false;

  /** `refused` is told why a connection is closed. */
  constructor(
    socket: Socket,
    facts: ConnectionFacts,
    context: ConnectionContext,
    settings: ListenerSettings,
    hosts: TlsHosts,
    refused: (reason: string) => void,
  ) {
    this.#socket = socket;
    this.#facts = facts;
    this.#context = context;
    this.#settings = settings;
    this.#hosts = hosts;
    this.#refused = refused;
    this.#openedAt = context.coarseNow;
    for (const [event, listener] of this.#readListeners) socket.on(event, listener);
    socket.on('error', this.#gone);
    socket.on('close', this.#gone);
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
    this.#leave();
  }

  /** Ends a handshake that takes too long. Called at every sweep. */
  check(now: number): void {
    const { stoppedAt, idleMs } = this.#context;
    const mostMs = this.#settings.timeouts.headMs;
    if (now - this.#openedAt >= mostMs) this.#fail(`The TLS handshake was not done within ${mostMs} ms`);
    else if (now - Math.max(this.#openedAt, stoppedAt) >= idleMs) this.destroy();
  }

  /** Bytes came. */
  receive(chunk: Buffer): void {
    let read: ReturnType<ClientHelloReader['receive']>;
    try {
      read = this.#reader.receive(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#fail(error.message);
      return;
    }
    if (!read) return;
    this.#stopReading();
    if ('plain' in read) {
      this.#become(
        new Connection(this.#socket, { ...this.#facts, isPlainOnTls: true }, this.#context, this.#settings),
        read.plain,
      );
      return;
    }
    // What follows is read by TLS.
    this.#socket.pause();
    this.#socket.unshift(read.bytes);
    this.#choose(read.hello);
  }

  #choose(hello: ClientHello): void {
    let choice: TlsChoice | undefined | Promise<TlsChoice | undefined>;
    try {
      choice = this.#hosts.choose(this.#facts, hello);
    } catch (error) {
      this.#broken(error);
      return;
    }
    if (choice instanceof Promise) {
      choice.then(
        (late) => this.#handshake(hello, late),
        (error: unknown) => this.#broken(error),
      );
    } else {
      this.#handshake(hello, choice);
    }
  }

  #handshake(hello: ClientHello, choice: TlsChoice | undefined): void {
    if (this.#isGone) return;
    if (!choice) {
      const name = hello.serverName === '' ? 'a client without a name' : hello.serverName;
      this.#refuse('unrecognized_name', `The TLS handshake was refused: there is no certificate for ${name}`);
      return;
    }
    choice.host.handshake(this.#socket, (result) => {
      if (this.#isGone) {
        if (!(result instanceof Error)) result.destroy();
      } else if (result instanceof Error) {
        this.#fail(`The TLS handshake failed: ${result.message}`);
      } else {
        this.#open(result, hello, choice);
      }
    });
  }

  #open(socket: TLSSocket, hello: ClientHello, { clients }: TlsChoice): void {
    const tls = tlsFactsOf(socket, hello, clients);
    const facts: ConnectionFacts = { ...this.#facts, scheme: 'https', tls };
    this.#become(new Connection(socket, facts, this.#context, this.#settings));
  }

  #become(next: ClientConnection & { receive(chunk: Buffer): void }, received?: Buffer): void {
    this.#isGone = true;
    this.#socket.off('error', this.#gone);
    this.#socket.off('close', this.#gone);
    this.#context.replaced(this, next);
    if (this.#unlistened !== undefined) next.unlistened?.(this.#unlistened);
    if (this.#context.stopping) next.stop?.();
    if (received) next.receive(received);
  }

  #stopReading(): void {
    for (const [event, listener] of this.#readListeners) this.#socket.off(event, listener);
  }

  #broken(error: unknown): void {
    this.#context.bug(error, undefined);
    if (!this.#isGone) this.#refuse('internal_error', 'The TLS handshake was refused for a defect');
  }

  /** Tells the client by an alert, which no key protects yet. */
  #refuse(description: Parameters<typeof fatalAlert>[0], reason: string): void {
    this.#refused(reason);
    this.#socket.end(fatalAlert(description), () => this.#socket.destroy());
    this.#leave();
  }

  #fail(reason: string): void {
    this.#refused(reason);
    this.destroy();
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#context.closed(this);
  }
}
