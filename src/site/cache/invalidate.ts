import { alsoInvalidated, invalidates } from '../../cache/policy/invalidation.ts';
import { ProtocolError } from '../../core/errors.ts';
import type { RequestHead } from '../../core/exchange.ts';
import { normalizePath } from '../../http/path.ts';
import { decodePath } from '../../http/uri.ts';
import { ChangedExchange } from '../content/changed-exchange.ts';
import type { SiteOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import { isSentElsewhere } from './cache-key.ts';

/** Removes what an answer to an unsafe method says does not hold any more (RFC 9111 §4.4): what its path has, and what it names. `forget`: what a GET would get. */
export function invalidateBy(request: SiteRequest, outcome: SiteOutcome, forget: (request: SiteRequest) => void): void {
  const { method } = request.exchange.request;
  if (!('status' in outcome) || !invalidates(method, outcome.status)) return;
  const forgetAll = (target: string): void => {
    const get = asGet(request, target);
    forget(get);
    if (!isSentElsewhere(get)) return;
    // Others may have come there without being sent.
    get.isInternal = false;
    get.isRewritten = false;
    forget(get);
  };
  forgetAll(request.exchange.request.target);
  if (!('headers' in outcome)) return;
  const { exchange } = request;
  const host = request.header('host') ?? '';
  const base = `${exchange.connection.scheme}://${host}${exchange.request.target}`;
  if (!URL.canParse(base)) return;
  for (const target of alsoInvalidated(outcome.headers, base)) {
    try {
      forgetAll(target);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}

/** The request that would get what is kept for another target. Throws ProtocolError for a target that no request can have. */
function asGet(request: SiteRequest, target: string): SiteRequest {
  const { exchange } = request;
  const isSame = target === exchange.request.target;
  const head = { ...exchange.request, method: 'GET', ...(!isSame && partsOf(target)) };
  const copy = request.withExchange(new ChangedExchange(exchange, head, exchange.body));
  copy.method = 'GET';
  if (!isSame) {
    copy.uri = decodePath(head.path, request.server.mergesSlashes);
    copy.args = head.query;
  }
  return copy;
}

function partsOf(target: string): Pick<RequestHead, 'target' | 'path' | 'query' | 'normalizedPath'> {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return { target, path, query: mark < 0 ? '' : target.slice(mark + 1), normalizedPath: normalizePath(path) };
}
