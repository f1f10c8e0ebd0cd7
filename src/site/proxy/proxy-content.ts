import { isIP } from 'node:net';
import type { Body } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import { HeaderList, InvalidHeader } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import { listElements, listsElement } from '../../http/list-field.ts';
import type { Content as ContentPlan, Settings } from '../../plan/settings.ts';
import { Forward } from '../../upstream/forward.ts';
import { addressText } from '../../upstream/member.ts';
import type { ConnectionWish } from '../../upstream/transport.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import type { UpstreamFailure, UpstreamReply, UpstreamRequest } from '../../upstream/upstream-request.ts';
import type { CompileContext } from '../compile-context.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import { paced } from '../reply/limit-rate.ts';
import { asStream } from '../reply/transformed-body.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Content } from '../steps.ts';
import { sizeOf } from '../variables/size.ts';
import type { AnswerFields } from './answer-fields.ts';
import { Chooser } from './choice.ts';
import { withForcedRange } from './forced-range.ts';
import { compileAnswerChanges } from './given-answers.ts';
import type { CompiledTarget, ResolvedTarget } from './proxy-target.ts';
import { ReadAhead } from './read-ahead.ts';
import { type RequestBody, requestBody } from './request-body.ts';
import { compileFields, type MadeFields, type RequestFields } from './request-fields.ts';
import { requestTarget } from './request-target.ts';
import { UpstreamAttempts } from './upstream-attempts.ts';

type ProxyPlan = Extract<ContentPlan, { kind: 'proxy' }>;

/** Has an upstream answer. `prefix`: what the location matched, latin-1. Throws PlanError. */
export function createProxyContent(
  plan: ProxyPlan,
  settings: Settings,
  target: CompiledTarget,
  prefix: string,
  context: CompileContext,
): Content {
  const proxy = new LocationProxy(plan, settings, target, prefix, context);
  return (request) => proxy.answer(request);
}

/** What the requests of one location that is a proxy have in common. */
class LocationProxy {
  readonly #settings: Settings;
  readonly #httpVersion: '1.0' | '1.1' | '2';
  readonly #target: CompiledTarget;
  readonly #prefix: string;
  readonly #fields: MadeFields;
  readonly #answerFields: AnswerFields;
  readonly #chooser: Chooser;
  readonly #method: ((request: SiteRequest) => string) | undefined;
  readonly #localAddress: ((request: SiteRequest) => string) | undefined;
  readonly #limitRate: ((request: SiteRequest) => string) | undefined;
  readonly #tlsName: ((request: SiteRequest) => string) | undefined;
  readonly #body: ((request: SiteRequest) => Buffer) | undefined;
  readonly #timeouts: UpstreamRequest['timeouts'];

  constructor(plan: ProxyPlan, settings: Settings, target: CompiledTarget, prefix: string, context: CompileContext) {
    const { proxy, proxyTls } = settings;
    const evaluated = (text: string | undefined): ((request: SiteRequest) => string) | undefined => {
      const template = text === undefined ? undefined : context.template(text);
      return template && ((request) => template.evaluate(request));
    };
    this.#settings = settings;
    this.#httpVersion = plan.version ?? proxy.httpVersion;
    this.#target = target;
    this.#prefix = prefix;
    this.#fields = compileFields(proxy, context);
    this.#answerFields = compileAnswerChanges(plan.target, settings, prefix, context).taken;
    this.#chooser = new Chooser(context, target.upstream?.plan);
    this.#method = evaluated(proxy.method);
    this.#localAddress = evaluated(proxy.bind);
    this.#limitRate = evaluated(proxy.limitRate);
    this.#tlsName = evaluated(proxyTls.name);
    const body = evaluated(proxy.body);
    this.#body = body && ((request) => Buffer.from(body(request), 'latin1'));
    this.#timeouts = {
      connectMs: proxy.connectTimeoutMs,
      sendMs: proxy.sendTimeoutMs,
      readMs: proxy.readTimeoutMs,
    };
  }

  answer(request: SiteRequest): SiteOutcome | Promise<SiteOutcome> {
    const target = this.#target.resolve(request);
    const { upstream } = target;
    if (!upstream) throw new PeerError('upstream-unavailable', `There is no upstream for ${target.host}`);
    const found = typeof upstream === 'function' ? upstream() : upstream;
    const body = this.#bodyOf(request);
    if (found instanceof Promise || body instanceof Promise) return this.#sendLater(request, target, found, body);
    return this.#send(request, target, found, body);
  }

  async #sendLater(
    request: SiteRequest,
    target: ResolvedTarget,
    upstream: Upstream | Promise<Upstream>,
    body: RequestBody | Promise<RequestBody>,
  ): Promise<SiteOutcome> {
    // Each may fail while the other one is waited for.
    const [found, gathered] = await Promise.all([upstream, body]);
    return this.#send(request, target, found, gathered);
  }

  #send(
    request: SiteRequest,
    target: ResolvedTarget,
    upstream: Upstream,
    { body, length, isStreamed, isReplayable }: RequestBody,
  ): Promise<SiteOutcome> {
    const { proxy } = this.#settings;
    const { exchange } = request;
    const { headers, connection, upgrade } = this.#fieldsFor(request, target);
    const isOld = this.#httpVersion === '1.0';
    const options = connection?.toLowerCase();
    const keeps = options === undefined ? proxy.keepsConnections && !isOld : !/(?:^|[, ])close(?:$|[, ])/.test(options);
    const wanted = this.#wantedUpgrade(request, options, upgrade);
    const method = this.#method?.(request) ?? request.method;
    const sent: UpstreamRequest = {
      method,
      target: requestTarget(request, target, this.#prefix),
      headers,
      body,
      bodyLength: length,
      ...(length === 'chunked' && proxy.passesTrailers ? { trailers: () => this.#fields.trailersOf(request) } : {}),
      version: isOld ? '1.0' : '1.1',
      keepsConnection: keeps && upstream.plan.keepAlive.idle > 0,
      upgrade: wanted,
      expectsContinue: exchange.expectsContinue && isStreamed && !isOld,
      takesTrailers: proxy.passesTrailers && !isOld && takesTrailers(request),
      timeouts: this.#timeouts,
      maxHeadSize: proxy.maxHeadSize,
      inform: (status, fields) => exchange.inform(status, fields),
    };
    request.attempts ??= new UpstreamAttempts();
    const { attempts } = request;
    attempts.beginGroup();
    const { key, route } = this.#chooser.choose(request, upstream.plan);
    const wish: ConnectionWish = {
      profile: target.profile,
      tlsName: target.profile.tls && (this.#tlsName?.(request) ?? target.name),
      localAddress: this.#localAddressFor(request),
      client: exchange.connection,
    };
    return new Promise((resolve, reject) => {
      const forward = new Forward({
        upstream,
        request: sent,
        wish,
        key,
        route,
        next: proxy.next,
        nextTries: proxy.nextTries,
        nextTimeoutMs: proxy.nextTimeoutMs,
        isBodyReplayable: isReplayable,
        began: (attempt) => attempts.add(attempt),
        failed: (failure, member) => {
          request.log('error', failureText(failure, `${target.scheme}://${addressText(member.address)}${sent.target}`));
        },
        answered: (answer, member) => {
          try {
            if (answer.kind === 'tunnel') resolve(answer);
            else resolve(this.#reply(request, answer, this.#chooser.cookie(request, upstream.plan, route, member)));
          } catch (error) {
            forward.cancel();
            reject(refused(request, error));
          }
        },
        gaveUp: (error) => {
          if (error instanceof PeerError && attempts.last === undefined) {
            attempts.addNobody(target.host, error.status);
            request.log('error', `${error.message} while connecting to upstream`);
          }
          reject(error);
        },
      });
      if (!proxy.ignoresClientAbort) exchange.onAbort(() => forward.cancel());
      forward.run();
    });
  }

  #fieldsFor(request: SiteRequest, target: ResolvedTarget): RequestFields {
    try {
      return this.#fields.of(request, target);
    } catch (error) {
      throw refused(request, error);
    }
  }

  #localAddressFor(request: SiteRequest): string | undefined {
    const address = this.#localAddress?.(request);
    if (!address) return undefined;
    if (isIP(address) !== 0) return address;
    // As in nginx.
    request.log('error', `invalid local address "${address}"`);
    return undefined;
  }

  #bodyOf(request: SiteRequest): RequestBody | Promise<RequestBody> {
    const bytes = this.#body?.(request);
    if (bytes) return { body: bytes, length: bytes.length, isStreamed: false, isReplayable: () => true };
    return requestBody(request, this.#settings.proxy, this.#httpVersion);
  }

  /** What the client wants to go on in, where the peer is to hear of it. */
  #wantedUpgrade(
    request: SiteRequest,
    connection: string | undefined,
    upgrade: string | undefined,
  ): string | undefined {
    const { exchange } = request;
    if (!exchange.hasUpgrade || this.#httpVersion !== '1.1') return undefined;
    const { passesUpgrade } = this.#settings.proxy;
    const isSet = upgrade !== undefined || connection !== undefined;
    if (isSet ? !connection?.includes('upgrade') || !upgrade : !passesUpgrade) return undefined;
    const protocols = isSet ? HeaderList.of([['upgrade', upgrade ?? '']]) : exchange.request.headers;
    return withoutH2c(protocols);
  }

  #reply(request: SiteRequest, answer: UpstreamReply, cookie: string | undefined): SiteOutcome {
    const { proxy } = this.#settings;
    const { status, reason, trailers } = answer;
    if (proxy.interceptsErrors && status >= 300 && request.location.errorPages.has(status)) {
      cancel(answer.body);
      const challenge = answer.headers.get('www-authenticate');
      const fields = challenge === undefined ? [] : [['www-authenticate', challenge] as const];
      return { ...statusOutcome(status), fields };
    }
    const made = this.#answerFields(request, answer);
    // A cache would keep it, or nothing.
    const isCached = this.#settings.cache !== undefined;
    if (isCached) request.stickyCookie = cookie;
    const headers = cookie === undefined || isCached ? made : made.with('set-cookie', cookie);
    const rate = answer.body instanceof Uint8Array ? undefined : this.#limitRate?.(request);
    const source = rate === undefined ? answer.body : paced(request, answer.body, sizeOf(rate) ?? 0);
    const body = this.#isReadAhead(answer) ? this.#readAhead(request, source) : source;
    const reply: Reply = { status, reason, headers, body };
    if (proxy.forcesRanges) return withForcedRange(request, reply);
    return proxy.passesTrailers && trailers && takesTrailers(request) ? withTrailers(reply, trailers) : reply;
  }

  /** nginx's `proxy_buffering`, which an answer may switch. */
  #isReadAhead({ headers, body }: UpstreamReply): boolean {
    if (body instanceof Uint8Array) return false;
    const { buffers, ignoredFields } = this.#settings.proxy;
    const wish = ignoredFields.includes('x-accel-buffering') ? undefined : headers.get('x-accel-buffering');
    if (wish === undefined) return buffers;
    return wish.toLowerCase() === 'yes' || (buffers && wish.toLowerCase() !== 'no');
  }

  #readAhead(request: SiteRequest, body: Body): Body {
    if (body instanceof Uint8Array) return body;
    const { bufferSize, maxTempFileSize, tempFolder } = this.#settings.proxy;
    return new ReadAhead(body, {
      memory: bufferSize,
      file: maxTempFileSize,
      folder: tempFolder,
      failed: (error) => request.log('error', `Cannot keep an answer in a file: ${error.message}`),
    });
  }
}

/** What a client may upgrade to (http.md 215); undefined for nothing. */
function withoutH2c(headers: HeaderList): string | undefined {
  const protocols = listElements(headers, 'upgrade').filter((protocol) => protocol.toLowerCase() !== 'h2c');
  return protocols.length === 0 ? undefined : protocols.join(', ');
}

function takesTrailers(request: SiteRequest): boolean {
  return listsElement(request.exchange.request.headers, 'te', 'trailers');
}

/** Trailers can be sent only behind content whose length is not told. */
function withTrailers(reply: Reply, trailers: () => HeaderList): Reply {
  const { headers, body } = reply;
  if (body instanceof Uint8Array && [...trailers()].length === 0) return reply;
  return { ...reply, headers: headers.without('content-length'), body: asStream(body), trailers };
}

function cancel(body: Body): void {
  if (!(body instanceof Uint8Array)) void body[Symbol.asyncIterator]().return?.();
}

/** Fields that are made of what clients send may be none (http.md 264), which is no defect of ours. */
function refused(request: SiteRequest, error: unknown): unknown {
  if (!(error instanceof InvalidHeader)) return error;
  request.log('error', error.message);
  return new PeerError('internal-error', error.message);
}

const stages = {
  connect: 'while connecting to upstream',
  send: 'while sending request to upstream',
  head: 'while reading response header from upstream',
  body: 'while reading upstream',
} as const;

/** As nginx says it. */
function failureText({ message, stage }: UpstreamFailure, url: string): string {
  return `${message} ${stages[stage]}, upstream: "${url}"`;
}
