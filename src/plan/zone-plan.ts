import type { Template } from './site-plan.ts';

/** nginx `limit_req_zone`: counts of requests by key, shared by all front threads. */
export interface RequestZonePlan {
  readonly name: string;
  readonly key: Template;
  /** Memory for keys, in bytes. */
  readonly size: number;
  /** Requests per second times 1000, as nginx counts. */
  readonly rate: number;
}

/** nginx `limit_conn_zone`. */
export interface ConnectionZonePlan {
  readonly name: string;
  readonly key: Template;
  readonly size: number;
}
