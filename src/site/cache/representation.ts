import { randomBytes } from 'node:crypto';
import { type Body, emptyBody } from '../../core/body.ts';
import type { HeaderList } from '../../core/headers.ts';
import { maxRanges } from '../../core/limits.ts';
import type { Reply } from '../../core/reply.ts';
import {
  evaluatePreconditions,
  ifRangeHolds,
  type ModifiedComparison,
  type Validators,
} from '../../http/conditional.ts';
import { parseHttpDate } from '../../http/date.ts';
import { type ByteRange, decideRanges } from '../../http/range.ts';
import type { FileSettings, ForwardSettings } from '../../plan/settings.ts';
import { multipartOf } from '../files/multipart.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import { trait } from './request-traits.ts';

/** A whole answer, of the cache or on its way there, of which a request may get all, a part, or nothing. */
export interface Representation {
  readonly status: number;
  readonly reason: string;
  /** With all that the client gets, but for `content-length` and `accept-ranges`. */
  readonly headers: HeaderList;
  /** Bytes of the body; undefined where they are not known yet. */
  readonly length: number | undefined;
  /** All of it, or a part. This or `release` is called once; `canRepeat` says whether `body` may be called again. */
  body(from?: number, to?: number): Body;
  /** Nobody reads the body. */
  release(): void;
  readonly canRepeat: boolean;
}

/** How requests are compared with what there is. */
export interface AnswerRules {
  readonly comparison: ModifiedComparison;
  readonly maxRanges: number;
  /** An answer without Last-Modified is as old as its Date (RFC 9111 §4.3.2). */
  readonly comparesDate: boolean;
  /** Whether what says nothing of ranges is given in parts: nginx wants `accept-ranges`, with whatever value, or to be forced. */
  readonly isRangeable: (headers: HeaderList) => boolean;
}

const takesRanges = (headers: HeaderList): boolean => headers.get('accept-ranges')?.toLowerCase() !== 'none';
const saysRanges = (headers: HeaderList): boolean => headers.has('accept-ranges');

export function answerRules(rules: 'rfc' | 'nginx', settings: FileSettings & ForwardSettings): AnswerRules {
  const most = settings.maxRanges ?? maxRanges;
  if (rules === 'rfc') return { comparison: 'before', maxRanges: most, comparesDate: true, isRangeable: takesRanges };
  const isRangeable = settings.proxy.forcesRanges ? () => true : saysRanges;
  return { comparison: settings.ifModifiedSince, maxRanges: most, comparesDate: false, isRangeable };
}

/** The answer to a GET or HEAD, by its preconditions and its range. `traits`: of the request. */
export function answerOf(request: SiteRequest, from: Representation, traits: number, rules: AnswerRules): SiteOutcome {
  const { status } = from;
  const isChoosy =
    (traits & (trait.condition | trait.range)) !== 0 &&
    status === 200 &&
    !request.parent &&
    request.errorStatus === undefined;
  if (!isChoosy) return whole(request, from, rules);
  const fields = request.exchange.request.headers;
  const validators = validatorsOf(from.headers, rules);
  if ((traits & trait.condition) !== 0) {
    const decision = evaluatePreconditions(fields, validators, rules.comparison);
    if (decision !== 'go-on') {
      from.release();
      return decision === 'failed' ? statusOutcome(412) : notModified(from);
    }
  }
  const range = (traits & trait.range) !== 0 ? fields.get('range') : undefined;
  const { length, headers } = from;
  if (range === undefined || length === undefined || !rules.isRangeable(headers)) return whole(request, from, rules);
  const holds = ifRangeHolds(fields.get('if-range'), { ...validators, modifiedSeconds: modifiedOf(headers) });
  const decision = holds ? decideRanges(range, length, rules.maxRanges) : 'whole';
  if (decision === 'unsatisfiable') {
    from.release();
    return { kind: 'status', status: 416, fields: [['content-range', `bytes */${length}`]] };
  }
  const [first] = decision === 'whole' ? [] : decision;
  if (decision === 'whole' || first === undefined) return whole(request, from, rules);
  if (decision.length === 1) return single(request, from, length, first);
  return from.canRepeat ? multiple(request, from, length, decision) : whole(request, from, rules);
}

/** The answer as it is. */
export function whole({ method }: SiteRequest, from: Representation, rules: AnswerRules): Reply {
  const { status, reason, length } = from;
  const headers = wholeFields(from, rules);
  if (method !== 'HEAD') return { status, reason, headers, body: length === 0 ? empty(from) : from.body() };
  from.release();
  return { status, reason, headers, body: emptyBody };
}

function empty(from: Representation): Body {
  from.release();
  return emptyBody;
}

function wholeFields({ status, headers, length }: Representation, { isRangeable }: AnswerRules): HeaderList {
  if (length === undefined || status === 204) return headers;
  const text = String(length);
  const sized = headers.get('content-length') === text ? headers : headers.replaced('content-length', text);
  if (status !== 200 || sized.get('accept-ranges') === 'bytes' || !isRangeable(sized)) return sized;
  return sized.replaced('accept-ranges', 'bytes');
}

/** What says nothing of the content goes along (RFC 9110 §15.4.5). */
function notModified({ headers }: Representation): Reply {
  const fields = headers.without(
    'content-length',
    'content-type',
    'content-encoding',
    'content-language',
    'accept-ranges',
  );
  return { status: 304, headers: fields, body: emptyBody };
}

function single({ method }: SiteRequest, from: Representation, length: number, { start, end }: ByteRange): Reply {
  const headers = from.headers
    .without('accept-ranges')
    .replaced('content-length', String(end - start))
    .with('content-range', `bytes ${start}-${end - 1}/${length}`);
  if (method !== 'HEAD') return { status: 206, headers, body: from.body(start, end) };
  from.release();
  return { status: 206, headers, body: emptyBody };
}

function multiple({ method }: SiteRequest, from: Representation, size: number, ranges: readonly ByteRange[]): Reply {
  const boundary = randomBytes(10).toString('hex');
  const { segments, length } = multipartOf(ranges, size, from.headers.get('content-type') ?? '', boundary);
  const headers = from.headers
    .without('accept-ranges')
    .replaced('content-type', `multipart/byteranges; boundary=${boundary}`)
    .replaced('content-length', String(length));
  if (method === 'HEAD') return { status: 206, headers, body: emptyBody };
  return { status: 206, headers, body: parts(from, segments) };
}

async function* parts(from: Representation, segments: readonly (Uint8Array | ByteRange)[]): AsyncGenerator<Uint8Array> {
  for (const segment of segments) {
    const body = segment instanceof Uint8Array ? segment : from.body(segment.start, segment.end);
    if (body instanceof Uint8Array) yield body;
    else yield* body;
  }
}

function modifiedOf(headers: HeaderList): number | undefined {
  const modified = headers.get('last-modified');
  return modified === undefined ? undefined : parseHttpDate(modified);
}

function validatorsOf(headers: HeaderList, { comparesDate }: AnswerRules): Validators {
  const modifiedSeconds = modifiedOf(headers);
  const date = modifiedSeconds === undefined && comparesDate ? parseHttpDate(headers.get('date') ?? '') : undefined;
  return { entityTag: headers.get('etag'), modifiedSeconds: modifiedSeconds ?? date };
}
