import type { AppOptions } from '../app/options.ts';
import type { SitePlan } from '../site/plan/site-plan.ts';

/** What is served: what one reading of the config, or of the command line, came to. */
export interface Serving {
  readonly site: SitePlan;
  /** Their names differ. */
  readonly apps: readonly AppOptions[];
}

/** A config that cannot be used; the message is what a person reads, maybe of several lines. */
export class ServingError extends Error {}
