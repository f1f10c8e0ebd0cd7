import type { Template } from '../plan/site-plan.ts';
import type { Pattern } from './pattern/pattern.ts';
import type { SiteRequest } from './site-request.ts';
import type { CompiledTemplate } from './variables/template.ts';
import type { Evaluate } from './variables/variable.ts';

/** What a part of a plan needs to become something that runs. */
export interface CompileContext {
  /** Throws PlanError for a variable that does not exist. */
  template(text: Template): CompiledTemplate;
  /** `name` without the `$`. Throws PlanError where it does not exist. */
  variable(name: string): Evaluate;
  /** The place of a variable that named groups may write. Throws PlanError for one that may not be changed. */
  slot(name: string): number;
  /** Writes a variable as `set` does; `$args` and `$limit_rate` change the request. Throws PlanError for one that may not be changed. */
  setter(name: string): SetVariable;
  /** Throws PlanError for a pattern that cannot be compiled, or that could take too long. */
  pattern(source: string, ignoreCase: boolean): Pattern;
}

export type SetVariable = (request: SiteRequest, value: string) => void;

/** A plan that cannot be compiled; the message says why. */
export class PlanError extends Error {}
