import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ProtocolError } from '../../core/errors.ts';
import type { ConnectionFacts } from '../../core/exchange.ts';
import { onDemandWaitMs } from '../../core/limits.ts';
import { type ClientHello, ClientHelloReader, fatalAlert } from '../../protocol/tls/client-hello.ts';
import { tlsFactsOf } from '../../tls/client/tls-facts-of.ts';
import { TlsContextError } from '../../tls/tls-host.ts';
import { Connection } from '../connection.ts';
import type { ConnectionContext } from '../connection-context.ts';
import { Http2Connection } from '../http2/http2-connection.ts';
import type { ListenerSettings } from '../listener-settings.ts';
import { OpeningConnection } from '../opening-connection.ts';
import type { TlsChoice, TlsHosts } from './tls-hosts.ts';

/** Of what a client sends on before it is answered. */
const mostEarlyChunks = 8;

/**
 * A client connection until its TLS handshake is done; then it is a `Connection` or an `Http2Connection`, whichever was agreed on. Who
 * speaks HTTP without TLS is let through to the site, which tells so.
 */
export class TlsConnection extends OpeningConnection {
  readonly #hosts: TlsHosts;
  readonly #reader: ClientHelloReader = new ClientHelloReader();
  readonly #readListeners: readonly [event: string, listener: (chunk: Buffer) => void][] = [
    ['data', (chunk) => this.receive(chunk)],
    ['end', () => this.destroy()],
  ];
  readonly #gone: () => void = () => this.leave();
  /** From the ClientHello on. */
  readonly #received: Buffer[] = [];
  #isChosen = false;

  constructor(
    socket: Socket,
    facts: ConnectionFacts,
    context: ConnectionContext,
    settings: ListenerSettings,
    hosts: TlsHosts,
  ) {
    super(socket, facts, context, settings);
    this.#hosts = hosts;
    for (const [event, listener] of this.#readListeners) socket.on(event, listener);
    socket.on('error', this.#gone);
    socket.on('close', this.#gone);
  }

  /** Ends a handshake that takes too long. Called at every sweep. */
  check(now: number): void {
    const { headMs } = this.settings.timeouts;
    const isWaiting = this.#received.length > 0 && !this.#isChosen;
    this.checkWithin(isWaiting ? Math.max(headMs, onDemandWaitMs) : headMs, now, 'The TLS handshake was not done');
  }

  /** Bytes came. */
  receive(chunk: Buffer): void {
    if (this.#received.length > 0) {
      this.#keep(chunk);
      return;
    }
    let read: ReturnType<ClientHelloReader['receive']>;
    try {
      read = this.#reader.receive(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fail(error.message);
      return;
    }
    if (!read) return;
    if ('plain' in read) {
      this.#stopReading();
      const plain = new Connection(this.socket, this.facts, this.context, this.settings);
      this.#becomes(plain, read.plain);
      return;
    }
    this.#received.push(read.bytes);
    this.#choose(read.hello);
  }

  /** A client has nothing to say before it is answered; it is read on to see whether it leaves. */
  #keep(chunk: Buffer): void {
    this.#received.push(chunk);
    if (this.#received.length > mostEarlyChunks) this.fail('The client sends on before its TLS handshake is answered');
  }

  #choose(hello: ClientHello): void {
    let choice: TlsChoice | undefined | Promise<TlsChoice | undefined>;
    try {
      choice = this.#hosts.choose(this.facts, hello);
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
    if (this.isGone) return;
    this.#isChosen = true;
    this.since = this.context.coarseNow;
    this.#stopReading();
    if (!choice) {
      const name = hello.serverName === '' ? 'a client without a name' : hello.serverName;
      this.#refuse('unrecognized_name', `The TLS handshake was refused: there is no certificate for ${name}`);
      return;
    }
    // TLS reads them again, and what follows.
    this.socket.pause();
    this.socket.unshift(Buffer.concat(this.#received));
    // Who is gone is told by the handshake, and why.
    this.socket.off('close', this.#gone);
    try {
      choice.host.handshake(this.socket, (result) => this.#done(result, hello, choice));
    } catch (error) {
      if (error instanceof TlsContextError) this.#refuse('internal_error', error.message);
      else this.#broken(error);
    }
  }

  #done(result: TLSSocket | Error, hello: ClientHello, choice: TlsChoice): void {
    if (this.isGone) {
      if (!(result instanceof Error)) result.destroy();
    } else if (result instanceof Error) {
      const reason = handshakeFailure(result);
      if (reason === undefined) this.destroy();
      else this.fail(`The TLS handshake failed: ${reason}`);
    } else if (choice.isProof) {
      result.destroySoon();
      this.leave();
    } else {
      try {
        this.#open(result, hello, choice);
      } catch (error) {
        this.context.bug(error, undefined);
        this.destroy();
      }
    }
  }

  #open(socket: TLSSocket, hello: ClientHello, { clients }: TlsChoice): void {
    const tls = tlsFactsOf(socket, hello, clients);
    const facts: ConnectionFacts = { ...this.facts, scheme: 'https', tls };
    const Kind = tls.alpn === 'h2' ? Http2Connection : Connection;
    this.#becomes(new Kind(socket, facts, this.context, this.settings), undefined);
  }

  #becomes(next: Connection | Http2Connection, received: Buffer | undefined): void {
    this.socket.off('error', this.#gone);
    this.socket.off('close', this.#gone);
    this.become(next, received);
  }

  #stopReading(): void {
    for (const [event, listener] of this.#readListeners) this.socket.off(event, listener);
  }

  #broken(error: unknown): void {
    this.context.bug(error, undefined);
    if (!this.isGone) this.#refuse('internal_error', 'The TLS handshake was refused for a defect');
  }

  /** Tells the client by an alert, which no key protects yet. */
  #refuse(description: Parameters<typeof fatalAlert>[0], reason: string): void {
    this.context.refused(reason, this.facts);
    this.socket.end(fatalAlert(description), () => this.socket.destroy());
    this.leave();
  }
}

/** OpenSSL's reason; undefined where the client has merely left. */
function handshakeFailure(error: Error & { readonly code?: string; readonly reason?: string }): string | undefined {
  return error.code?.startsWith('ERR_SSL') ? (error.reason ?? error.message) : undefined;
}
