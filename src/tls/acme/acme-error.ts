import { printable } from '../../observe/log.ts';
import { listOf, recordOf, textOf } from '../managed/unknown-json.ts';

/** What a CA says about a failure (RFC 7807, RFC 8555 §6.7). */
export interface Problem {
  /** The end of its URN: `rateLimited`; the whole type where it is another's. */
  readonly type: string;
  readonly detail: string;
  readonly subproblems: readonly { readonly name: string; readonly detail: string }[];
}

/** A certificate cannot be got: the message has the action and the reason, for people. */
export class AcmeError extends Error {
  override readonly name = 'AcmeError';
  /** Undefined where the failure is not the CA's word. */
  readonly problem: Problem | undefined;
  /** How long the CA wants no other attempt, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { readonly problem?: Problem; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message);
    this.problem = options.problem;
    this.retryAfterMs = options.retryAfterMs;
  }
}

const urn = 'urn:ietf:params:acme:error:';

/** Any JSON as a problem: what is missing is empty. */
export function toProblem(value: unknown): Problem {
  const { type, detail, subproblems } = recordOf(value);
  return {
    type: textOf(type).replace(urn, ''),
    detail: textOf(detail),
    subproblems: listOf(subproblems).map((each) => {
      const { identifier, detail } = recordOf(each);
      return { name: textOf(recordOf(identifier)['value']), detail: textOf(detail) };
    }),
  };
}

/** What a CA says is for a line of a terminal or a log. */
export function problemText({ type, detail, subproblems }: Problem): string {
  const own = detail || type || 'it does not say why';
  const others = subproblems.map(({ name, detail }) => (name ? `${name}: ${detail}` : detail));
  const reasons = [own, ...others].join('; ');
  return printable(type && detail ? `${reasons} (${type})` : reasons);
}
