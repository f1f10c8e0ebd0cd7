import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';

/** A pattern whose groups become `$1` and variables of the request that it matches for. */
export interface Matcher {
  /** Of its named groups. */
  readonly names: readonly string[];
  test(text: string): boolean;
  /** Whether it matches; the groups are kept in the request then. */
  match(request: SiteRequest, text: string): boolean;
}

/** Throws PlanError for a pattern that cannot be compiled, or that could take too long. */
export function compileMatcher(context: CompileContext, source: string, ignoreCase: boolean): Matcher {
  const pattern = context.pattern(source, ignoreCase);
  const slots = pattern.names.map((name) => ({ name, slot: context.slot(name) }));
  return {
    names: pattern.names,
    test: (text) => pattern.test(text),
    match(request, text) {
      const match = pattern.match(text);
      if (!match) return false;
      request.captures = match.groups;
      for (const { name, slot } of slots) request.values[slot] = match.named[name] ?? '';
      return true;
    },
  };
}
