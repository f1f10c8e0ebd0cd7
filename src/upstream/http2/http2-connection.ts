import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { proxyLimits } from '../../core/limits.ts';
import { intermediates } from '../http1/open-socket.ts';
import type { SocketAddress } from '../member.ts';
import type { ConnectionWish, TlsProfile } from '../transport.ts';
import { UpstreamFailure } from '../upstream-request.ts';
import { openSocket } from './open-socket.ts';

/** Streams at a time over one connection where the peer allows more, or has not said yet (RFC 9113 §6.5.2 advises 100 at least). */
const maxStreams = 100;

/** Bytes of one answer that a peer may send before they are read. */
const windowSize = 64 * 1024 - 1; // RFC 9113 §6.9.2

/** What a field counts beyond its name and value where a list of fields is bounded (RFC 9113 §6.5.2). */
const fieldOverhead = 32;

/** Told what becomes of a connection. */
export interface Http2ConnectionOwner {
  opened(connection: Http2Connection): void;
  /** It could not be opened. */
  refused(connection: Http2Connection, failure: UpstreamFailure): void;
  /** It may have room for one more request. */
  roomed(connection: Http2Connection): void;
  /** It takes no more requests, or is gone. */
  ended(connection: Http2Connection): void;
  /** A session of TLS that can be taken up again. */
  session(session: Buffer): void;
}

/** One HTTP/2 connection to a peer. */
export class Http2Connection {
  readonly scheme: 'http' | 'https';
  readonly openedAt: number = performance.now();
  /** Requests so far, and those under way. */
  requests = 0;
  streams = 0;
  readonly #owner: Http2ConnectionOwner;
  readonly #tls: TlsProfile | undefined;
  readonly #socket: Socket;
  readonly #session: ClientHttp2Session;
  #state: 'opening' | 'open' | 'ended' = 'opening';
  readonly #connectTimer: NodeJS.Timeout;
  #lastStream = Number.POSITIVE_INFINITY;
  /** More might be refused before the peer has said how many it takes. */
  #mostStreams = 1;
  #isSettled = false;

  /** `maxHeadSize`: of answers, in bytes. `connectMs`: how long it may take to open, in milliseconds. */
  constructor(
    address: SocketAddress,
    wish: ConnectionWish,
    { maxHeadSize, connectMs }: { readonly maxHeadSize: number; readonly connectMs: number },
    tlsSession: Buffer | undefined,
    owner: Http2ConnectionOwner,
  ) {
    const { tls } = wish.profile;
    this.#owner = owner;
    this.#tls = tls;
    this.scheme = tls ? 'https' : 'http';
    this.#socket = openSocket(address, wish, tlsSession);
    if (tls?.sessionReuse) this.#socket.on('session', (session: Buffer) => owner.session(session));
    const options: ClientSessionOptions & { readonly strictSingleValueFields: boolean } = {
      createConnection: () => this.#socket,
      maxHeaderListPairs: proxyLimits.maxFieldCount,
      maxReservedRemoteStreams: 0,
      // What a client may repeat is for the peer to judge.
      strictSingleValueFields: false,
      settings: {
        enablePush: false,
        initialWindowSize: windowSize,
        maxHeaderListSize: maxHeadSize + fieldOverhead * proxyLimits.maxFieldCount,
      },
    };
    this.#session = connect(`${this.scheme}://peer`, options);
    this.#connectTimer = setTimeout(() => this.#failed(new ConnectTimeout('it takes too long')), connectMs).unref();
    this.#session.on('connect', () => this.#opened());
    this.#session.on('remoteSettings', ({ maxConcurrentStreams = maxStreams }) => {
      this.#mostStreams = Math.min(maxStreams, maxConcurrentStreams);
      this.#isSettled = true;
      owner.roomed(this);
    });
    this.#session.on('goaway', (_code, lastStream) => {
      this.#lastStream = lastStream;
      this.#end();
    });
    this.#session.on('error', (error) => this.#failed(error));
    this.#session.on('close', () => this.#closed());
  }

  /** Whether it is not known yet what it will take. */
  get isSettling(): boolean {
    return this.#state === 'opening' || (this.#state === 'open' && !this.#isSettled);
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Whether one more request may go over it. */
  get hasRoom(): boolean {
    return this.#state === 'open' && this.streams < this.#mostStreams;
  }

  /** Bytes that came from the peer. */
  get received(): number {
    return this.#socket.bytesRead;
  }

  /** Whether the peer has said that it did nothing about that stream (RFC 9113 §6.8). */
  hasRefused(stream: number): boolean {
    return stream > this.#lastStream;
  }

  /** Throws where it cannot be sent any more. */
  request(fields: OutgoingHttpHeaders, hasBody: boolean, hasTrailers: boolean): ClientHttp2Stream {
    const stream = this.#session.request(fields, { endStream: !hasBody, waitForTrailers: hasTrailers });
    this.requests++;
    this.streams++;
    stream.on('close', () => {
      this.streams--;
      this.#owner.roomed(this);
    });
    return stream;
  }

  /** Takes no more requests, and ends with the last that is under way. */
  close(): void {
    this.#session.close();
    this.#end();
  }

  #opened(): void {
    if (this.#state !== 'opening') return;
    const reason = this.#socket instanceof TLSSocket ? this.#unfitTls(this.#socket) : undefined;
    if (reason !== undefined) {
      this.#failed(new Error(reason));
      return;
    }
    clearTimeout(this.#connectTimer);
    this.#state = 'open';
    this.#owner.opened(this);
  }

  #unfitTls(socket: TLSSocket): string | undefined {
    if (socket.alpnProtocol !== 'h2') return 'it does not speak HTTP/2';
    const { verify = false, verifyDepth = 0 } = this.#tls ?? {};
    if (!verify || socket.isSessionReused() || intermediates(socket.getPeerCertificate(true)) <= verifyDepth)
      return undefined;
    return `its certificate chain has more than ${verifyDepth} certificates in between`;
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (this.#state !== 'opening') return;
    this.#state = 'ended';
    clearTimeout(this.#connectTimer);
    this.#session.destroy();
    this.#owner.refused(this, openFailure(error, this.scheme === 'https'));
  }

  #closed(): void {
    if (this.#state === 'opening') this.#failed(new Error('it closed the connection'));
    this.#end();
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#connectTimer);
    this.#owner.ended(this);
  }
}

class ConnectTimeout extends Error {}

function openFailure(error: NodeJS.ErrnoException, isTls: boolean): UpstreamFailure {
  const isTlsFailure = isTls && error.syscall !== 'connect';
  const isLate = error instanceof ConnectTimeout;
  const code = isLate ? 'upstream-connect-timeout' : isTlsFailure ? 'upstream-tls' : 'upstream-refused';
  return new UpstreamFailure(code, `Cannot connect to the upstream: ${error.message}`, 'connect');
}
