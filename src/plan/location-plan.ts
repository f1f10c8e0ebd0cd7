import type { Settings } from './settings.ts';
import type { Template } from './site-plan.ts';

/** How a location is chosen. */
export type LocationMatch =
  | { readonly kind: 'exact'; readonly path: string }
  /** `isFinal`: regular expressions are not looked at where this is the longest prefix (`^~`). */
  | { readonly kind: 'prefix'; readonly path: string; readonly isFinal: boolean }
  /** As PCRE has it. */
  | { readonly kind: 'regex'; readonly pattern: string; readonly ignoreCase: boolean }
  /** Reached by internal redirects alone: `@name`, with the `@`. */
  | { readonly kind: 'named'; readonly name: string };

export interface LocationPlan {
  readonly match: LocationMatch;
  /** The rewrite rules, in order. */
  readonly rules: readonly Rule[];
  readonly settings: Settings;
  readonly locations: readonly LocationPlan[];
}

/** One step of nginx's rewrite module. `settings`: what holds for the request from an `if` on, where its block has more than rewrite rules in it. */
export type Rule = RuleOf<{ readonly settings: Settings | undefined }>;

/** Rules whose `if` has this as well. */
export type RuleOf<Inner> =
  | { readonly kind: 'set'; readonly variable: string; readonly value: Template }
  | { readonly kind: 'rewrite'; readonly pattern: string; readonly replacement: Template; readonly flag: RewriteFlag }
  /** `text`: a body, or a URL for 301, 302, 303, 307 and 308. 444 closes the connection without an answer. */
  | { readonly kind: 'return'; readonly status: number; readonly text: Template | undefined }
  | { readonly kind: 'break' }
  | ({ readonly kind: 'if'; readonly condition: Condition; readonly rules: readonly RuleOf<Inner>[] } & Inner);

export type RewriteFlag = 'none' | 'last' | 'break' | 'redirect' | 'permanent';

/** The condition of nginx's `if`. */
export type Condition =
  /** Neither empty nor '0'. */
  | { readonly kind: 'set'; readonly variable: string }
  | { readonly kind: 'equals'; readonly variable: string; readonly value: Template; readonly isNegated: boolean }
  | {
      readonly kind: 'matches';
      readonly variable: string;
      readonly pattern: string;
      readonly ignoreCase: boolean;
      readonly isNegated: boolean;
    }
  | {
      readonly kind: 'file' | 'directory' | 'exists' | 'executable';
      readonly path: Template;
      readonly isNegated: boolean;
    };
