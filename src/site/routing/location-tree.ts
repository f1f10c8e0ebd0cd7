import type { LocationMatch } from '../../plan/location-plan.ts';
import type { CompileContext } from '../compile-context.ts';
import type { Location } from '../location.ts';
import { compileMatcher, type Matcher } from '../pattern/matcher.ts';
import type { SiteRequest } from '../site-request.ts';

/** A location and those inside of it. */
export interface LocationNode<L = Location> {
  readonly match: LocationMatch;
  readonly location: L;
  readonly inner: LocationTree<L>;
  /** A request for the path without its final slash is redirected to it. */
  readonly redirectsToSlash: boolean;
}

/** Where a request goes: a location, or the client is told to add a slash. */
export type Found<L> =
  | { readonly kind: 'location'; readonly location: L }
  | { readonly kind: 'slash'; readonly location: L };

interface Prefix<L> {
  readonly path: string;
  readonly node: LocationNode<L>;
  readonly best: Best<L>;
}

/** What a tree has found. `isFinal`: nothing on the levels outside can be better. */
interface Best<L> {
  readonly found: Found<L>;
  readonly isFinal: boolean;
}

/**
 * Chooses a location by nginx's rules: an exact one; else the longest prefix, and inside of it again; else the first pattern in the
 * config's order, unless that prefix is final; else the prefix.
 */
export class LocationTree<L = Location> {
  readonly #exact: Map<string, Found<L>> = new Map();
  /** The longest first. */
  readonly #prefixes: Prefix<L>[] = [];
  /** By the path without the slash. */
  readonly #slashes: Map<string, Found<L>> = new Map();
  readonly #patterns: { readonly matches: Matcher; readonly node: LocationNode<L>; readonly found: Found<L> }[] = [];
  readonly #named: Map<string, L> = new Map();

  /** Throws PlanError for a pattern that cannot be compiled. */
  constructor(nodes: readonly LocationNode<L>[], context: CompileContext) {
    for (const node of nodes) this.#add(node, context);
    this.#prefixes.sort((a, b) => b.path.length - a.path.length);
  }

  /** The location of a decoded path; undefined where none is for it. Keeps the groups of a pattern that matches. */
  find(uri: string, request: SiteRequest): Found<L> | undefined {
    return this.#find(uri, request)?.found;
  }

  /** The location that is called `@name`. */
  named(name: string): L | undefined {
    return this.#named.get(name);
  }

  #add(node: LocationNode<L>, context: CompileContext): void {
    const { match, location, redirectsToSlash } = node;
    const found: Found<L> = { kind: 'location', location };
    switch (match.kind) {
      case 'exact':
        this.#exact.set(bytesOf(match.path), found);
        break;
      case 'prefix': {
        const path = bytesOf(match.path);
        this.#prefixes.push({ path, node, best: { found, isFinal: false } });
        if (redirectsToSlash && path.endsWith('/')) this.#slashes.set(path.slice(0, -1), { kind: 'slash', location });
        break;
      }
      case 'regex':
        this.#patterns.push({ matches: compileMatcher(context, match.pattern, match.ignoreCase), node, found });
        break;
      case 'named':
        this.#named.set(match.name, location);
        break;
    }
  }

  #find(uri: string, request: SiteRequest): Best<L> | undefined {
    const exact = this.#exact.size > 0 ? this.#exact.get(uri) : undefined;
    if (exact) return { found: exact, isFinal: true };
    const prefix = this.#prefixes.find(({ path }) => uri.startsWith(path));
    if (this.#slashes.size > 0 && prefix?.path.length !== uri.length) {
      const slash = this.#slashes.get(uri);
      if (slash) return { found: slash, isFinal: true };
    }
    const inner = prefix ? prefix.node.inner.#find(uri, request) : undefined;
    if (inner?.isFinal) return inner;
    const best = inner ?? prefix?.best;
    const skipsPatterns = prefix?.node.match.kind === 'prefix' && prefix.node.match.isFinal;
    if (!skipsPatterns) {
      for (const { matches, node, found } of this.#patterns) {
        if (!matches.match(request, uri)) continue;
        return { found: node.inner.#find(uri, request)?.found ?? found, isFinal: true };
      }
    }
    return best;
  }
}

/** A path of a config as requests have it. */
function bytesOf(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1');
}
