import type { Settings } from './plan/settings.ts';
import type { Content, ReplyFilter, Step } from './steps.ts';

/** A location, or an `if` block with settings of its own, ready to run. */
export interface Location {
  /** As the config names it. */
  readonly name: string;
  readonly settings: Settings;
  /** Before content: limits, access, try_files, in this order (site/order.ts). */
  readonly steps: readonly Step[];
  readonly content: Content;
  /** In the order in which they are done. */
  readonly filters: readonly ReplyFilter[];
  /** The path that an alias replaces, decoded; '' where it is a pattern. */
  readonly prefix: string;
}
