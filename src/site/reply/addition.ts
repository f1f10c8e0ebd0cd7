import { type Body, emptyBody } from '../../core/body.ts';
import type { Addition } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import type { ReplyFilter } from '../steps.ts';
import type { CompiledTemplate } from '../variables/template.ts';
import { changedContent } from './content-change.ts';
import { declaredBody } from './declared-body.ts';
import { mediaTypeTest } from './media-types.ts';
import { asStream } from './transformed-body.ts';

/** nginx's `add_before_body` and `add_after_body`: answers of other paths around that of this one. Throws PlanError. */
export function createAddition(addition: Addition | undefined, context: CompileContext): ReplyFilter | undefined {
  if (!addition) return undefined;
  const before = addition.before === undefined ? undefined : context.template(addition.before);
  const after = addition.after === undefined ? undefined : context.template(addition.after);
  if (!before && !after) return undefined;
  const isWanted = mediaTypeTest(addition.types);
  return (request, reply) => {
    if (reply.status !== 200 || request.parent) return reply;
    if (!isWanted(reply.headers) || reply.headers.get('content-encoding')) return reply;
    const headers = changedContent(reply.headers);
    if (request.method === 'HEAD') return { ...reply, headers };
    const main = declaredBody(reply);
    const bodies = [bodyOf(request, before), () => main, bodyOf(request, after)];
    return { ...reply, headers, body: new BodySequence(main, bodies) };
  };
}

type LateBody = () => Body | Promise<Body>;

function bodyOf(request: SiteRequest, template: CompiledTemplate | undefined): LateBody {
  return async () => {
    const [uri = '', ...args] = (template?.evaluate(request) ?? '').split('?');
    if (uri === '') return emptyBody;
    const { outcome } = await request.services.subrequest(request, uri, args.join('?'));
    return 'body' in outcome ? outcome.body : emptyBody;
  };
}

/** Bodies one after the other, each asked for when it is its turn. Where the reader stops, the one it reads and `main` are stopped. */
class BodySequence implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #main: Body;
  readonly #bodies: LateBody[];
  #current: AsyncIterator<Uint8Array, unknown> | undefined;
  #isOver = false;

  constructor(main: Body, bodies: readonly LateBody[]) {
    this.#main = main;
    this.#bodies = [...bodies];
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      if (!this.#current) {
        const next = this.#bodies.shift();
        if (!next) return { done: true, value: undefined };
        this.#current = asStream(await this.#begun(next))[Symbol.asyncIterator]();
        if (this.#isOver) await this.#current.return?.();
      }
      const result = await this.#current.next();
      if (!result.done) return { done: false, value: result.value };
      this.#current = undefined;
    }
  }

  async #begun(next: LateBody): Promise<Body> {
    try {
      return await next();
    } catch (error) {
      void this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#isOver = true;
    const isWaiting = this.#bodies.length > 1;
    this.#bodies.length = 0;
    if (isWaiting) await asStream(this.#main)[Symbol.asyncIterator]().return?.();
    await this.#current?.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
