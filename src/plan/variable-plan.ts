import type { Template } from './site-plan.ts';

/** A variable that is computed from others, when it is first asked for in a request. Names are without the `$`. */
export type VariablePlan = MapPlan | GeoPlan | SplitPlan;

/** nginx `map`. Text is compared without regard to case; patterns begin with `~`, or `~*` to ignore case. */
export interface MapPlan {
  readonly kind: 'map';
  readonly variable: string;
  readonly source: Template;
  /** In order; a key is text, `*.example.com` and its like where `hostnames`, or a pattern. */
  readonly entries: readonly { readonly key: string; readonly value: Template }[];
  readonly fallback: Template;
  readonly hostnames: boolean;
  readonly volatile: boolean;
}

/** nginx `geo`. */
export interface GeoPlan {
  readonly kind: 'geo';
  readonly variable: string;
  /** Where the address comes from; `$remote_addr` by default. */
  readonly source: Template;
  /** Networks (`10.0.0.0/8`, `::1`), or with `ranges` address ranges (`10.0.0.0-10.0.0.9`). The most specific one counts. */
  readonly entries: readonly { readonly network: string; readonly value: string }[];
  readonly fallback: string;
  readonly ranges: boolean;
  /** Networks whose word about the client's address in X-Forwarded-For is taken. */
  readonly proxies: readonly string[];
  readonly proxyRecursive: boolean;
}

/** nginx `split_clients`: by MurmurHash2 of the source. */
export interface SplitPlan {
  readonly kind: 'split';
  readonly variable: string;
  readonly source: Template;
  /** Percent with up to two decimals; undefined for `*`, the rest. */
  readonly parts: readonly { readonly percent: number | undefined; readonly value: string }[];
}
