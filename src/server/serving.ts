import type { AppOptions } from '../app/options.ts';
import type { ProcessConfig } from '../config/config.ts';
import type { SitePlan } from '../plan/site-plan.ts';

/** What is served: what one reading of the config, or of the command line, came to. */
export interface Serving {
  readonly site: SitePlan;
  /** Their names differ. */
  readonly apps: readonly AppOptions[];
  /** What a config says of the process itself; left out where there is none. */
  readonly process?: ProcessConfig;
}

/** A config that cannot be used; the message is what a person reads, maybe of several lines. */
export class ServingError extends Error {}
