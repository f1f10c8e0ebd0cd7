import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import type { Compression } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { ReplyFilter } from '../steps.ts';
import { createCompressionChoice, hasDirective } from './compression-rules.ts';
import { changedContent, hasWholeContent, variesByEncoding } from './content-change.ts';
import { declaredStream } from './declared-body.ts';
import { type Engine, engineFor } from './engine.ts';
import { gathered } from './gathered.ts';
import { mediaTypeTest } from './media-types.ts';
import { PipedBody } from './piped-body.ts';
import { TransformedBody } from './transformed-body.ts';

/** The statuses whose answers are compressed, as in nginx. */
const statuses: ReadonlySet<number> = new Set([200, 403, 404]);

/** What became of content that is sent again and again, for each engine. It lives as long as the content does. */
const kept = new WeakMap<Engine, WeakMap<Uint8Array, Buffer | Promise<Buffer>>>();

/**
 * Compresses answers for clients that take that (decisions/0016-compression.md). `keeps`: the same bytes are the content of many answers,
 * so what became of them is kept with them. Throws PlanError.
 */
export function createCompression(
  compression: Compression | undefined,
  keeps: boolean,
  context: CompileContext,
): ReplyFilter | undefined {
  if (!compression || compression.encodings.length === 0) return undefined;
  const { minLength, vary } = compression;
  const isWanted = mediaTypeTest(compression.types);
  const choose = createCompressionChoice(compression, context);
  const ways = new Map(
    compression.encodings.map(({ encoding, level }) => [
      encoding,
      {
        engine: engineFor(encoding, level),
        field: HeaderList.of([['content-encoding', encoding]]),
        varying: HeaderList.of([
          ['vary', 'Accept-Encoding'],
          ['content-encoding', encoding],
        ]),
      },
    ]),
  );
  return (request, reply) => {
    const { headers, status } = reply;
    const isPart = status === 206 || status === 304;
    if (request.parent || !(isPart || (statuses.has(status) && hasWholeContent(request.method, reply)))) return reply;
    // Files know better: they have told it themselves.
    const isUntyped = status === 304 && !keeps && !headers.has('content-type');
    if (
      !(isWanted(headers) || isUntyped) ||
      lengthOf(request.method, reply) < minLength ||
      headers.get('content-encoding')
    )
      return reply;
    if (headers.has('cache-control') && hasDirective(headers.getAll('cache-control').join(','), 'no-transform')) {
      return reply;
    }
    const encoding = isPart ? undefined : choose(request, headers);
    const way = encoding && ways.get(encoding);
    const hasVary = headers.has('vary');
    const varied = vary && (hasVary || !way) ? variesByEncoding(headers) : headers;
    if (!way) return varied === headers ? reply : { ...reply, headers: varied };
    const rest = changedContent(varied).without('content-encoding');
    const fields = rest.withAll(vary && !hasVary ? way.varying : way.field);
    const { body } = reply;
    if (request.method === 'HEAD') return { ...reply, headers: fields };
    if (!(body instanceof Uint8Array)) {
      return { ...reply, headers: fields, body: compressedStream(way.engine, reply, body) };
    }
    const content = keeps ? onceFor(way.engine, body) : compressed(way.engine, body);
    if (content instanceof Promise) return content.then((bytes) => ({ ...reply, headers: fields, body: bytes }));
    return { ...reply, headers: fields, body: content };
  };
}

/** How long the whole content is; Infinity where that shows only at its end. */
function lengthOf(method: string, { status, headers, body }: Reply): number {
  if (status === 206)
    return Number(/\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1] ?? Number.POSITIVE_INFINITY);
  return body instanceof Uint8Array && method !== 'HEAD' && status !== 304
    ? body.length
    : Number(headers.get('content-length') ?? Number.POSITIVE_INFINITY);
}

function compressed(engine: Engine, content: Uint8Array): Buffer | Promise<Buffer> {
  return content.length <= engine.syncSize ? engine.now(content) : engine.later(content);
}

/** A stream of zlib is dear to begin and end: what is short is gathered. */
function compressedStream(engine: Engine, reply: Reply, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const isShort = Number(reply.headers.get('content-length') ?? Number.POSITIVE_INFINITY) <= engine.syncSize;
  const source = declaredStream(reply.headers, body);
  return isShort ? new TransformedBody(source, gathered(engine.now)) : new PipedBody(source, engine.stream);
}

function onceFor(engine: Engine, content: Uint8Array): Buffer | Promise<Buffer> {
  let results = kept.get(engine);
  if (!results) {
    results = new WeakMap();
    kept.set(engine, results);
  }
  const known = results.get(content);
  if (known) return known;
  const result = compressed(engine, content);
  if (!(result instanceof Promise)) {
    // zlib gives a part of a buffer of 16 KiB.
    results.set(content, Buffer.from(result));
    return result;
  }
  results.set(content, result);
  result.then(
    (bytes) => results.set(content, bytes),
    () => results.delete(content),
  );
  return result;
}
