import { HeaderList, InvalidHeader } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import type { AddedField, ContentSettings } from '../../plan/settings.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import { errorReply } from '../error-reply.ts';
import type { SiteRequest } from '../site-request.ts';
import type { ReplyFilter } from '../steps.ts';
import { fieldTemplate } from '../variables/field-template.ts';
import type { CompiledTemplate } from '../variables/template.ts';
import { cancelReply } from './content-change.ts';
import { declaredBody } from './declared-body.ts';
import { asStream } from './transformed-body.ts';

/** The statuses of answers that get fields without `always`, and `expires`. */
export const plainStatuses: ReadonlySet<number> = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

/** Fields that replace the answer's own, and with an empty value remove it; all others are added to it. */
const replacing: ReadonlySet<string> = new Set(['etag', 'last-modified']);

/** What Galley itself settles when it sends an answer. */
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection']);

interface Field {
  readonly name: string;
  readonly value: CompiledTemplate;
  readonly always: boolean;
  readonly replaces: boolean;
}

/**
 * nginx's `add_header`. A value that would break the message, by a line end from a decoded path for instance, is never sent: the answer
 * becomes 500. Throws PlanError.
 */
export function createAddedFields(fields: readonly AddedField[], context: CompileContext): ReplyFilter | undefined {
  if (fields.length === 0) return undefined;
  const compiled = compile(fields, context);
  if (compiled.every(({ value, replaces }) => value.constant !== undefined && !replaces))
    return constantFields(compiled);
  return (request, reply) => {
    const isPlain = plainStatuses.has(reply.status);
    try {
      let { headers } = reply;
      const added: [string, string][] = [];
      for (const { name, value, always, replaces } of compiled) {
        if (!isPlain && !always) continue;
        const text = value.evaluate(request);
        if (replaces) headers = text === '' ? headers.without(name) : headers.replaced(name, text);
        else if (text !== '') added.push([name, text]);
      }
      if (added.length > 0) headers = headers.withAll(added);
      return headers === reply.headers ? reply : { ...reply, headers };
    } catch (error) {
      return refused(request, reply, error);
    }
  };
}

/** nginx's `add_trailer`: for clients that say that they take trailers. */
export function createAddedTrailers(fields: readonly AddedField[], context: CompileContext): ReplyFilter | undefined {
  if (fields.length === 0) return undefined;
  const compiled = compile(fields, context);
  return (request, reply) => {
    const isPlain = plainStatuses.has(reply.status);
    const wanted = compiled.filter(({ always }) => isPlain || always);
    if (wanted.length === 0 || !/(?:^|[, \t])trailers/i.test(request.header('te') ?? '')) return reply;
    const trailers = (): HeaderList => {
      const own = reply.trailers?.() ?? HeaderList.empty;
      const added = wanted.map(({ name, value }) => [name, value.evaluate(request)] as const);
      try {
        return own.withAll(added.filter(([, value]) => value !== ''));
      } catch (error) {
        tell(request, error);
        return own;
      }
    };
    // Trailers can be sent only behind content whose length is not told.
    return {
      ...reply,
      headers: reply.headers.without('content-length'),
      body: asStream(declaredBody(reply)),
      trailers,
    };
  };
}

/** The `server` field, where the answer has none of its own. `version` is Galley's. */
export function createServerHeader(
  { serverHeader }: Pick<ContentSettings, 'serverHeader'>,
  version: string,
): ReplyFilter | undefined {
  // The front names Galley where nothing else does.
  if (serverHeader.kind === 'name') return undefined;
  const text = serverHeader.kind === 'text' ? Buffer.from(serverHeader.text).toString('latin1') : `galley/${version}`;
  const field = constantList([['server', text]]);
  return (_request, reply) =>
    reply.headers.has('server') ? reply : { ...reply, headers: reply.headers.withAll(field) };
}

function compile(fields: readonly AddedField[], context: CompileContext): Field[] {
  return fields.map(({ name, value, always }) => {
    const lower = name.toLowerCase();
    if (framing.has(lower)) throw new PlanError(`The header "${name}" cannot be added: it frames the message`);
    constantList([[lower, '']]);
    return { name: lower, value: fieldTemplate(value, context), always, replaces: replacing.has(lower) };
  });
}

function constantFields(fields: readonly Field[]): ReplyFilter | undefined {
  const list = (wanted: readonly Field[]): HeaderList =>
    constantList(
      wanted.map(({ name, value }) => [name, value.constant ?? ''] as const).filter(([, text]) => text !== ''),
    );
  const plain = list(fields);
  const always = list(fields.filter((field) => field.always));
  if (plain.count === 0) return undefined;
  return (_request, reply) => {
    const more = plainStatuses.has(reply.status) ? plain : always;
    return more.end === 0 ? reply : { ...reply, headers: reply.headers.withAll(more) };
  };
}

function constantList(fields: readonly (readonly [string, string])[]): HeaderList {
  try {
    return HeaderList.of(fields);
  } catch (error) {
    if (error instanceof InvalidHeader) throw new PlanError(error.message);
    throw error;
  }
}

function refused(request: SiteRequest, reply: Reply, error: unknown): Reply {
  tell(request, error);
  cancelReply(reply);
  return errorReply(500, 'internal-error', request.exchange);
}

function tell(request: SiteRequest, error: unknown): void {
  if (!(error instanceof InvalidHeader)) throw error;
  request.log('error', error.message);
}
