import type { ControlTarget } from './control-target.ts';

/** An answer of the control socket; `body` is sent as JSON. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
  /** The method that the path takes, where it was another. */
  readonly allow?: string;
}

/** What a path of the control socket does. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Whether it changes what runs, which a Galley that is stopping does no more. */
  readonly changes?: true;
  answer(target: ControlTarget, body: ControlBody): ControlAnswer | Promise<ControlAnswer>;
}

export type ControlBody = Readonly<Record<string, unknown>>;

/** An answer that says in one sentence why nothing was done. */
export function refused(status: number, text: string): ControlAnswer {
  return { status, body: { ok: false, text } };
}
