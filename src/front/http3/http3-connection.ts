import type { QuicSession, QuicStream } from 'node:quic';
import { PeerError, ProtocolError } from '../../core/errors.ts';
import type { ConnectionFacts } from '../../core/exchange.ts';
import { type ConnectionTimeouts, type HttpLimits, stopLastCallMs } from '../../core/limits.ts';
import { RequestSection } from '../../protocol/http2/request-section.ts';
import { type Http3Fields, type Http3RequestHead, readHttp3Head } from '../../protocol/http3/request-head.ts';
import { Http3Code } from '../../tls/quic.ts';
import type { ClientConnection, ConnectionContext } from '../connection-context.ts';
import { noHead } from '../http2/http2-turn.ts';
import type { ListenerSettings } from '../listener-settings.ts';
import { Http3Turn, type Http3TurnConnection, resetStream } from './http3-turn.ts';

/** One HTTP/3 client connection, once its handshake is done: requests as they come, each on a stream of its own. */
export class Http3Connection implements ClientConnection, Http3TurnConnection {
  readonly facts: ConnectionFacts;
  readonly context: ConnectionContext;
  readonly #session: QuicSession;
  readonly #settings: ListenerSettings;
  readonly #section: RequestSection;
  readonly #turns: Set<Http3Turn> = new Set();
  #requests = 0;
  #restingSince: number;
  readonly #openedAt: number;
  #isLeaving = false;
  #isClosed = false;

  constructor(session: QuicSession, facts: ConnectionFacts, context: ConnectionContext, settings: ListenerSettings) {
    this.#session = session;
    this.facts = facts;
    this.context = context;
    this.#settings = settings;
    this.#section = new RequestSection(settings.limits);
    this.#restingSince = context.coarseNow;
    this.#openedAt = context.coarseNow;
    const gone = (): void => this.#gone();
    session.closed.then(gone, gone);
  }

  get timeouts(): ConnectionTimeouts {
    return this.#settings.timeouts;
  }

  get limits(): HttpLimits {
    return this.#settings.limits;
  }

  get requests(): number {
    return this.#requests;
  }

  /** The head of a request came. */
  head(stream: QuicStream, fields: Http3Fields): void {
    if (this.#isClosed) return;
    this.context.requests++;
    this.#requests++;
    const head = readHttp3Head(this.#section, fields, this.limits.maxFieldSize);
    if (head === undefined) {
      resetStream(stream, Http3Code.messageError);
      return;
    }
    const isRefused = head instanceof ProtocolError;
    const known: Http3RequestHead = isRefused ? { ...noHead, version: '3', method: this.#section.method } : head;
    const turn = new Http3Turn(stream, known, this);
    this.#turns.add(turn);
    if (isRefused) turn.refuse(head);
    else if (head.protocol !== undefined) turn.refuse(new PeerError('method-unknown', 'CONNECT leads to no protocol'));
    else void turn.receive();
    if (this.#requests >= this.#settings.keepAliveRequests || this.timeouts.keepAliveMs === 0) this.stop();
  }

  over(turn: Http3Turn): void {
    this.#turns.delete(turn);
    this.#restingSince = this.context.coarseNow;
  }

  get idleSince(): number | undefined {
    return this.#turns.size > 0 || this.#isClosed ? undefined : this.#restingSince;
  }

  get isAwaited(): boolean {
    for (const turn of this.#turns) if (!turn.isAnswered) return true;
    return false;
  }

  /** Takes no more requests (RFC 9114 §5.2); the connection ends with those that are open. */
  stop(): void {
    if (this.#isLeaving || this.#isClosed) return;
    this.#isLeaving = true;
    void this.#session.close().catch(() => {});
  }

  unlistened(listener: number): void {
    if (listener === this.facts.listener) this.stop();
  }

  giveUp(): 'cut' | 'refused' | 'nothing' {
    const outcomes = new Set(Array.from(this.#turns, (turn) => turn.giveUp()));
    this.stop();
    if (outcomes.has('cut')) return 'cut';
    return outcomes.has('refused') ? 'refused' : 'nothing';
  }

  destroy(): void {
    this.#session.destroy(undefined, { code: Http3Code.noError, type: 'application' });
    this.#gone();
  }

  check(now: number): void {
    for (const turn of this.#turns) turn.check(now);
    if (this.#turns.size > 0 || this.#isClosed) return;
    const { stoppedAt, idleMs } = this.context;
    const { keepAliveMs } = this.timeouts;
    const restedMs = now - Math.max(this.#restingSince, stoppedAt);
    // What has ended in order tells the client so at once: to wait for it longer than a last call is of no use.
    if (this.#isLeaving && restedMs >= stopLastCallMs) this.destroy();
    else if (restedMs >= Math.min(idleMs, keepAliveMs)) this.destroy();
    else if (now - this.#openedAt >= this.#settings.keepAliveTimeMs) this.stop();
  }

  #gone(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const turn of this.#turns) turn.abandon();
    this.context.closed(this);
  }
}
