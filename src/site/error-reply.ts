import type { ErrorCode } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import type { Reply } from '../core/reply.ts';
import { reasonPhrase } from '../http/status.ts';
import { prefersHtml } from './prefers-html.ts';
import { sentStatus } from './sent-status.ts';

const html = HeaderList.of([['content-type', 'text/html; charset=utf-8']]);
const text = HeaderList.of([['content-type', 'text/plain; charset=utf-8']]);
const retryAfterSeconds = '5';

/** What went wrong, in words for the client. They tell nothing about the app's inside. */
const explanations: Partial<Record<ErrorCode, string>> = {
  'app-error': 'The application failed on this request. Its log says why, under the number below.',
  'app-response-invalid':
    'The application gave an answer that is not valid HTTP. Its log says why, under the number below.',
  'app-timeout': 'The application took too long to answer.',
  'worker-lost': 'The process that worked on this request died.',
  'upstream-refused': 'The server behind this one cannot be reached.',
  'upstream-connect-timeout': 'The server behind this one cannot be reached.',
  'upstream-tls': 'The connection to the server behind this one is not safe.',
  'upstream-closed': 'The server behind this one has closed the connection without an answer.',
  'upstream-response-invalid': 'The server behind this one gave an answer that is not valid HTTP.',
  'upstream-response-too-large': 'The server behind this one gave an answer that is not valid HTTP.',
  'upstream-timeout': 'The server behind this one took too long to answer.',
  'upstream-unavailable': 'No server behind this one can take the request now.',
  'upstream-unresolved': 'The name of the server behind this one cannot be found.',
  'queue-full': 'More requests are waiting than the server takes. Try again in a moment.',
  'queue-timeout': 'The server was too busy to take this request. Try again in a moment.',
  misdirected: 'This connection was not made for that host. A new one may be.',
  'shutting-down': 'The server is stopping. Try again in a moment.',
};

/** nginx's words for the statuses that it keeps to itself. */
const ofOwnStatus: Readonly<Record<number, string>> = {
  494: 'Request Header Or Cookie Too Large',
  495: 'The SSL certificate error',
  496: 'No required SSL certificate was sent',
  497: 'The plain HTTP request was sent to HTTPS port',
};

/** Those that are always the same; what became of one by compression is kept with its content. */
const withoutId: Map<string, Reply> = new Map();

/**
 * The answer to a request that failed: a small page for browsers, a line of text for others. That of a redirect, which nobody reads, is a
 * page as in other servers: configs tell caches by its type how long it may be kept.
 */
export function errorReply(status: number, code: ErrorCode | undefined, exchange: Exchange | undefined): Reply {
  const id = exchange && status >= 500 ? exchange.id : '';
  const wantsHtml = exchange !== undefined && (status < 400 || prefersHtml(exchange));
  if (id !== '') return makeReply(status, code, wantsHtml, id);
  const key = `${status} ${code} ${wantsHtml}`;
  let reply = withoutId.get(key);
  if (!reply) {
    reply = makeReply(status, code, wantsHtml, id);
    withoutId.set(key, reply);
  }
  return reply;
}

function makeReply(status: number, code: ErrorCode | undefined, wantsHtml: boolean, id: string): Reply {
  const sent = sentStatus(status);
  const title = `${sent} ${reasonPhrase(sent)}`;
  const base = wantsHtml ? html : text;
  const headers = status === 503 ? base.with('retry-after', retryAfterSeconds) : base;
  const why = (code && explanations[code]) ?? ofOwnStatus[status] ?? '';
  const body = wantsHtml ? page(title, why, id) : [title, why, id && `Request ${id}`].filter(Boolean).join('\n');
  return { status: sent, headers, body: Buffer.from(`${body}\n`) };
}

function page(title: string, why: string, id: string): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1rem}
h1{font-size:1.5rem}small{opacity:.6;font-family:ui-monospace,monospace}</style>
<h1>${title}</h1>${why && `<p>${why}</p>`}${id && `<p><small>Request ${id}</small></p>`}</html>`;
}
