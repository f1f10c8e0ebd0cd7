import type { Location } from './location.ts';

/** One server of a site, ready to run. */
export interface VirtualServer {
  /** nginx's `$server_name`. */
  readonly name: string;
  /** What holds where no location matches. */
  readonly outside: Location;
}
