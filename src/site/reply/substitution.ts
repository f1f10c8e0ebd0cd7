import type { Substitution } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { ReplyFilter } from '../steps.ts';
import { changedContent, hasWholeContent } from './content-change.ts';
import { declaredBody } from './declared-body.ts';
import { mediaTypeTest } from './media-types.ts';
import { substituting } from './substituting.ts';
import { transformed } from './transformed-body.ts';

/** nginx's `sub_filter`. Throws PlanError. */
export function createSubstitution(
  substitution: Substitution | undefined,
  context: CompileContext,
): ReplyFilter | undefined {
  if (!substitution || substitution.replacements.length === 0) return undefined;
  const { once, keepsLastModified } = substitution;
  const isWanted = mediaTypeTest(substitution.types);
  const pairs = substitution.replacements.map(({ from, to }) => ({
    from: context.template(from),
    to: context.template(to),
  }));
  return (request, reply) => {
    const { headers } = reply;
    if (!hasWholeContent(request.method, reply) || !isWanted(headers) || headers.get('content-encoding')) return reply;
    const fields = changedContent(keepsLastModified ? headers : headers.without('last-modified', 'etag'));
    if (request.method === 'HEAD') return { ...reply, headers: fields };
    const replacements = pairs.map(({ from, to }) => ({
      from: from.evaluate(request),
      to: () => to.evaluate(request),
    }));
    return { ...reply, headers: fields, body: transformed(declaredBody(reply), substituting(replacements, once)) };
  };
}
