import type { Settings } from '../plan/settings.ts';
import type { ErrorPages } from './error-pages.ts';
import type { CompiledTarget } from './proxy/proxy-target.ts';
import type { Script } from './rewrite/script.ts';
import type { SiteRequest } from './site-request.ts';
import type { Content, ReplyFilter, Step } from './steps.ts';

/** A location, or an `if` block with settings of its own, ready to run. */
export interface Location {
  /** As the config names it. */
  readonly name: string;
  readonly settings: Settings;
  /** The path that an alias replaces, as latin-1 of its bytes; '' where it is a pattern. */
  readonly prefix: string;
  /** Its rewrite rules; of an `if` block none, since they run where it stands. */
  readonly script: Script;
  /** The methods that the rules are for, undefined for all: others are another location to nginx, that of `limit_except`. */
  readonly scriptMethods: ReadonlySet<string> | undefined;
  /** Before content: limits, access, mirrors, try_files, in this order (compile-location.ts says why). */
  readonly steps: readonly Step[];
  /** Those of them that also hold for subrequests. */
  readonly subrequestSteps: readonly Step[];
  readonly content: Content;
  /** In the order in which they are done. */
  readonly filters: readonly ReplyFilter[];
  readonly errorPages: ErrorPages;
  /** What the content says to the server by fields of its answers is meant for this one. */
  readonly heedsAcceleratedFields: boolean;
  /** Where a proxy sends its requests. */
  readonly proxyTarget: CompiledTarget | undefined;
  /** Writes the access logs; undefined where there are none. */
  readonly log: ((request: SiteRequest) => void) | undefined;
}
