import type { Reply } from '../../core/reply.ts';
import { isToken } from '../../http/token.ts';
import type { Charset } from '../../plan/settings.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import type { ReplyFilter } from '../steps.ts';
import { changedContent, hasWholeContent } from './content-change.ts';
import { declaredBody } from './declared-body.ts';
import { mediaTypeTest } from './media-types.ts';
import { recoding } from './recoding.ts';
import { transformed } from './transformed-body.ts';

const parameter = /;[ \t]*charset=("[^"]*"|[^;,\s]*)/i;

/** nginx's `charset`: names the charset of text, and recodes text that is in another one. Throws PlanError. */
export function createCharset(charset: Charset | undefined, context: CompileContext): ReplyFilter | undefined {
  if (charset?.charset === undefined) return undefined;
  const name = context.template(charset.charset);
  const source = charset.source === undefined ? undefined : context.template(charset.source);
  if (name.constant !== undefined && !isToken(name.constant)) {
    throw new PlanError(`"${name.constant}" is no name of a charset`);
  }
  if (source?.constant !== undefined && name.constant !== undefined) {
    if (differ(source.constant, name.constant) && !recoding(source.constant, name.constant)) {
      throw new PlanError(`Cannot recode "${source.constant}" to "${name.constant}": one of them is not known`);
    }
  }
  const isWanted = mediaTypeTest(charset.types);
  // Most answers of a location are of the same type as the one before.
  let last = { type: '', to: '', own: undefined as string | undefined, named: '' };
  return (request, reply) => {
    const type = reply.headers.get('content-type');
    if (type === undefined) return reply;
    if (type !== last.type) last = { type, to: '', own: parameter.exec(type)?.[1]?.replaceAll('"', ''), named: '' };
    const { own } = last;
    if (own ? !charset.override : !isWanted(reply.headers)) return reply;
    const to = name.evaluate(request);
    // What is no name would break the field.
    if (to === 'off' || !isToken(to)) return reply;
    const from = own ?? source?.evaluate(request) ?? '';
    const isSame = from === '' || from === 'off' || !differ(from, to);
    const made = isSame ? reply : recoded(request, reply, from, to);
    if (!made) return reply;
    // Old browsers took a redirect's charset for that of the page.
    if (reply.status === 301 || reply.status === 302) return named(made, type.replace(parameter, ''));
    if (to !== last.to) last = { ...last, to, named: withCharset(type, to) };
    return named(made, last.named);
  };
}

/** A content-type field that names this charset in place of its own. */
export function withCharset(type: string, charset: string): string {
  return `${type.replace(parameter, '')}; charset=${charset}`;
}

function named(reply: Reply, type: string): Reply {
  return { ...reply, headers: reply.headers.replaced('content-type', type) };
}

/** Undefined where the content stays in the charset that it is in. */
function recoded(request: SiteRequest, reply: Reply, from: string, to: string): Reply | undefined {
  if (reply.headers.get('content-encoding')) return undefined;
  const recode = recoding(from, to);
  if (!recode) {
    request.log('error', `Cannot recode "${from}" to "${to}": one of them is not known`);
    return undefined;
  }
  // What has no content has no charset to be wrong about.
  if (!hasWholeContent(request.method, reply)) return reply.status === 206 ? undefined : reply;
  const headers = changedContent(reply.headers);
  return request.method === 'HEAD'
    ? { ...reply, headers }
    : { ...reply, headers, body: transformed(declaredBody(reply), recode) };
}

function differ(from: string, to: string): boolean {
  return from.toLowerCase() !== to.toLowerCase();
}
