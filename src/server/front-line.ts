import type { FromFrontThread, ToFrontThread } from './front-thread-message.ts';

/** The line to one front thread: what it is told, and its answers, which come in the order in which they are asked for. */
export class FrontLine {
  readonly #post: (message: ToFrontThread) => void;
  readonly #waiting: Map<FromFrontThread['kind'], ((answer: FromFrontThread | undefined) => void)[]> = new Map();

  constructor(post: (message: ToFrontThread) => void) {
    this.#post = post;
  }

  post(message: ToFrontThread): void {
    this.#post(message);
  }

  /** Tells it something; resolves with its answer, undefined where it died before. */
  ask(message: ToFrontThread, kind: FromFrontThread['kind']): Promise<FromFrontThread | undefined> {
    const answer = this.next(kind);
    this.#post(message);
    return answer;
  }

  /** What it says next of that kind; undefined where it died before. */
  next(kind: FromFrontThread['kind']): Promise<FromFrontThread | undefined> {
    const { promise, resolve } = Promise.withResolvers<FromFrontThread | undefined>();
    const waiting = this.#waiting.get(kind);
    if (waiting) waiting.push(resolve);
    else this.#waiting.set(kind, [resolve]);
    return promise;
  }

  /** The thread says something. */
  receive(message: FromFrontThread): void {
    this.#waiting.get(message.kind)?.shift()?.(message);
  }

  /** The thread is gone. */
  died(): void {
    const waiting = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    for (const resolve of waiting) resolve(undefined);
  }
}
