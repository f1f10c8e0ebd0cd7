import { createPrivateKey } from 'node:crypto';
import { isIPv6, SocketAddress } from 'node:net';
import type { QuicEndpoint, QuicSession, QuicStream, SessionHandshakeInfo, SessionOptions } from 'node:quic';
import type { Bind } from '../../core/bind.ts';
import type { ConnectionFacts, Peer } from '../../core/exchange.ts';
import type { TlsFacts } from '../../core/tls-facts.ts';
import type { Log } from '../../observe/log.ts';
import type { Http3Fields } from '../../protocol/http3/request-head.ts';
import { cipherNumber } from '../../tls/client/tls-names.ts';
import { findQuic, Http3Code, type Quic } from '../../tls/quic.ts';
import type { TlsMaterial } from '../../tls/tls-material.ts';
import type { ConnectionContext } from '../connection-context.ts';
import { bindText } from '../listen.ts';
import type { ListenerSettings } from '../listener-settings.ts';
import { Http3Connection } from './http3-connection.ts';
import { resetStream } from './http3-turn.ts';

/** More than these Bun does not take. */
const mostIdleSeconds = 600;
const mostHandshakeMs = 10_000;

/** More than what the runtime reads of a head, in bytes. */
const leastHeadSize = 128 * 1024;

/** What is known of a connection where it is accepted. */
type Ends = Pick<ConnectionFacts, 'listener' | 'client' | 'server'>;

/** Told of each connection, which it makes of all that is known of it. */
export type Http3Added = (ends: Ends, make: (facts: ConnectionFacts) => Http3Connection) => void;

/** Knows the certificates of virtual servers. */
export interface Http3Hosts {
  /** By the names that clients ask for, `*.example.com` among them, and `*` for all others. None of servers that do not serve HTTP/3. */
  http3Certificates(listener: number): ReadonlyMap<string, TlsMaterial>;
  /** Whether whoever asks for that name is served over HTTP/3. */
  servesHttp3(ends: Ends, name: string): boolean;
}

/** The UDP sockets of a front: HTTP/3 beside listeners that speak TLS, as far as the runtime knows QUIC. */
export class Http3Listeners {
  readonly #context: ConnectionContext;
  readonly #added: Http3Added;
  readonly #hosts: Http3Hosts;
  readonly #log: Log;
  readonly #binds: Map<number, Bind> = new Map();
  /** Those that are open or being opened. */
  readonly #endpoints: Map<number, Promise<QuicEndpoint | undefined>> = new Map();
  readonly #connections: WeakMap<QuicSession, Http3Connection> = new WeakMap();
  #settings: ReadonlyMap<number, ListenerSettings> = new Map();
  #hasWarned = false;

  constructor(context: ConnectionContext, hosts: Http3Hosts, added: Http3Added, log: Log) {
    this.#context = context;
    this.#hosts = hosts;
    this.#added = added;
    this.#log = log;
  }

  /** What holds from now on: opens what is to be there, closes what is not, and uses the certificates that there are now. */
  async configure(settings: ReadonlyMap<number, ListenerSettings>): Promise<void> {
    this.#settings = settings;
    for (const listener of this.#binds.keys()) await this.#open(listener);
  }

  /** That listener has its TCP socket. */
  async listening(listener: number, bind: Bind): Promise<void> {
    this.#binds.set(listener, bind);
    await this.#open(listener);
  }

  unlisten(listener: number): void {
    this.#binds.delete(listener);
    this.#close(listener);
  }

  /** Takes no more connections; those that are open go on. */
  close(): void {
    for (const listener of [...this.#binds.keys()]) this.unlisten(listener);
  }

  async #open(listener: number): Promise<void> {
    const bind = this.#binds.get(listener);
    const settings = this.#settings.get(listener);
    if (!settings?.http3 || bind?.kind !== 'tcp') {
      this.#close(listener);
      return;
    }
    const quic = findQuic();
    if (!quic) {
      if (!this.#hasWarned)
        this.#log.warn('HTTP/3 is not served: this Node is built without QUIC; with Bun it is: bun galley');
      this.#hasWarned = true;
      return;
    }
    const sni = this.#certificates(listener);
    const open = await this.#endpoints.get(listener);
    if (open) {
      if (Object.keys(sni).length > 0) open.setSNIContexts(sni, { replace: true });
      else this.#close(listener);
      return;
    }
    // It may get one later, from a CA.
    if (Object.keys(sni).length === 0) return;
    const opening = this.#listen(quic, listener, bind, settings, sni);
    this.#endpoints.set(listener, opening);
    if (!(await opening)) this.#endpoints.delete(listener);
  }

  async #listen(
    quic: Quic,
    listener: number,
    bind: Bind & { readonly kind: 'tcp' },
    settings: ListenerSettings,
    sni: NonNullable<SessionOptions['sni']>,
  ): Promise<QuicEndpoint | undefined> {
    const { streamWindow, connectionWindow, maxStreams } = settings.http2Limits;
    const { maxFieldCount, maxHeadSize } = settings.limits;
    const runtimeHeadSize = Math.max(leastHeadSize, 2 * maxHeadSize);
    const connections = this.#connections;
    try {
      const family = isIPv6(bind.host) ? 'ipv6' : 'ipv4';
      const endpoint = await quic.listen((session) => this.#accept(session, listener, settings), {
        endpoint: { address: new SocketAddress({ address: bind.host, port: bind.port, family }) },
        sni,
        alpn: 'h3',
        // What is sent before the handshake is done may be somebody's repetition (RFC 8470).
        enableEarlyData: false,
        maxStreamWindow: streamWindow,
        maxWindow: connectionWindow,
        transportParams: {
          initialMaxStreamsBidi: maxStreams,
          initialMaxStreamDataBidiRemote: streamWindow,
          initialMaxData: connectionWindow,
          maxIdleTimeout: Math.min(Math.ceil(settings.timeouts.keepAliveMs / 1_000) + 1, mostIdleSeconds),
        },
        handshakeTimeout: Math.min(settings.timeouts.headMs, mostHandshakeMs),
        // What is over these is left out without a word, so they are wider than our own limits.
        application: {
          maxHeaderPairs: 10 * maxFieldCount,
          maxHeaderLength: runtimeHeadSize,
          maxFieldSectionSize: runtimeHeadSize,
        },
        onheaders(this: QuicStream, fields: Http3Fields) {
          const connection = this.session && connections.get(this.session);
          if (connection) connection.head(this, fields);
          else resetStream(this, Http3Code.requestCancelled);
        },
      });
      endpoint.closed.catch(() => {});
      if (!endpoint.address) throw new Error('the UDP port cannot be opened');
      this.#log.info(`HTTP/3 is served on ${bindText(bind)}`);
      return endpoint;
    } catch (error) {
      this.#log.error(`Cannot serve HTTP/3 on ${bindText(bind)}: ${(error as Error).message}`);
      return undefined;
    }
  }

  #close(listener: number): void {
    void this.#endpoints.get(listener)?.then((endpoint) => endpoint?.close());
    this.#endpoints.delete(listener);
  }

  #certificates(listener: number): NonNullable<SessionOptions['sni']> {
    return Object.fromEntries(
      Array.from(this.#hosts.http3Certificates(listener), ([name, { certificates }]) => [
        name,
        {
          keys: certificates.map(({ key }) => createPrivateKey(key)),
          certs: certificates.map(({ certificate }) => Buffer.from(certificate)),
        },
      ]),
    );
  }

  #accept(session: QuicSession, listener: number, settings: ListenerSettings): void {
    session.onerror = () => {};
    session.onstream = (stream) => void stream.closed.catch(() => {});
    session.closed.catch(() => {});
    session.onhandshake = (info) => {
      const ends = { listener, client: peerOf(info.remote), server: peerOf(info.local) };
      const name = info.servername ? info.servername.toLowerCase() : '';
      if (!this.#hosts.servesHttp3(ends, name)) {
        session.destroy(undefined, { code: Http3Code.requestCancelled, type: 'application' });
        return;
      }
      const tls = tlsFactsOf(info, name);
      const newest = this.#settings.get(listener) ?? settings;
      this.#added(ends, (facts) => {
        const connection = new Http3Connection(session, { ...facts, tls }, this.#context, newest);
        this.#connections.set(session, connection);
        return connection;
      });
    };
  }
}

function peerOf({ address, port }: SocketAddress): Peer {
  return { address: address.replace(/^::ffff:(?=\d+\.)/, ''), port };
}

/** What the runtime tells of a handshake: no session, no offers. */
function tlsFactsOf(info: SessionHandshakeInfo, serverName: string): TlsFacts {
  return {
    version: info.cipherVersion,
    cipher: info.cipher,
    standardCipher: info.cipher,
    cipherNumber: cipherNumber(info.cipher),
    serverName,
    alpn: info.protocol,
    isResumed: false,
    sessionId: '',
    offered: { ciphers: '', groups: '' },
    group: '',
    clientRules: '',
    clientVerify: 'NONE',
    clientFault: undefined,
    client: undefined,
  };
}
