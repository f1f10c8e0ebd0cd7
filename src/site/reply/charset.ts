import type { Reply } from '../../core/reply.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import type { Charset } from '../plan/settings.ts';
import type { SiteRequest } from '../site-request.ts';
import type { ReplyFilter } from '../steps.ts';
import { changedContent, hasWholeContent } from './content-change.ts';
import { mediaTypeTest } from './media-types.ts';
import { recoding } from './recoding.ts';
import { transformed } from './transformed-body.ts';

const parameter = /;[ \t]*charset=("[^"]*"|[^;,\s]*)/i;

/** nginx's `charset`: names the charset of text, and recodes text that is in another one. Throws PlanError. */
export function createCharset(charset: Charset | undefined, context: CompileContext): ReplyFilter | undefined {
  if (charset?.charset === undefined) return undefined;
  const name = context.template(charset.charset);
  const source = charset.source === undefined ? undefined : context.template(charset.source);
  if (source?.constant !== undefined && name.constant !== undefined) {
    if (differ(source.constant, name.constant) && !recoding(source.constant, name.constant)) {
      throw new PlanError(`Cannot recode "${source.constant}" to "${name.constant}": one of them is not known`);
    }
  }
  const isWanted = mediaTypeTest(charset.types);
  return (request, reply) => {
    const type = reply.headers.get('content-type');
    if (type === undefined) return reply;
    const hasOwn = parameter.test(type);
    if (hasOwn ? !charset.override : !isWanted(reply.headers)) return reply;
    const to = name.evaluate(request);
    if (to === '' || to === 'off') return reply;
    // Old browsers took a redirect's charset for that of the page.
    if (reply.status === 301 || reply.status === 302) return hasOwn ? named(reply, type.replace(parameter, '')) : reply;
    const from = source?.evaluate(request) ?? '';
    const renamed = named(reply, withCharset(type, to));
    return from === '' || from === 'off' || !differ(from, to) ? renamed : recoded(request, renamed, from, to);
  };
}

/** A content-type field that names this charset in place of its own. */
export function withCharset(type: string, charset: string): string {
  return `${type.replace(parameter, '')}; charset=${charset}`;
}

function named(reply: Reply, type: string): Reply {
  return { ...reply, headers: reply.headers.replaced('content-type', type) };
}

function recoded(request: SiteRequest, reply: Reply, from: string, to: string): Reply {
  if (!hasWholeContent(request.method, reply) || reply.headers.get('content-encoding')) return reply;
  const recode = recoding(from, to);
  if (!recode) {
    request.log('error', `Cannot recode "${from}" to "${to}": one of them is not known`);
    return reply;
  }
  return { ...reply, headers: changedContent(reply.headers), body: transformed(reply.body, recode) };
}

function differ(from: string, to: string): boolean {
  return from.toLowerCase() !== to.toLowerCase();
}
