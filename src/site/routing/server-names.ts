import type { CompileContext } from '../compile-context.ts';
import { compileMatcher, type Matcher } from '../pattern/matcher.ts';
import type { SiteRequest } from '../site-request.ts';

/** Finds the server of a host by nginx's rules: the exact name, the longest `*.x`, the longest `x.*`, the first pattern. */
export class ServerNames<Server> {
  readonly #exact: Map<string, Server> = new Map();
  /** By what follows the `*`, with its dot. */
  readonly #leading: Map<string, Server> = new Map();
  /** By what comes before the `*`, with its dot. */
  readonly #trailing: Map<string, Server> = new Map();
  readonly #patterns: { readonly matches: Matcher; readonly server: Server }[] = [];

  /** The first server that has a name keeps it. Throws PlanError for a pattern that cannot be compiled. */
  add(name: string, server: Server, context: CompileContext): void {
    if (name.startsWith('~')) {
      this.#patterns.push({ matches: compileMatcher(context, name.slice(1), true), server });
      return;
    }
    const lower = name.toLowerCase();
    if (lower.startsWith('*.')) addFirst(this.#leading, lower.slice(1), server);
    else if (lower.endsWith('.*')) addFirst(this.#trailing, lower.slice(0, -1), server);
    else if (lower.startsWith('.')) {
      addFirst(this.#exact, lower.slice(1), server);
      addFirst(this.#leading, lower, server);
    } else addFirst(this.#exact, lower, server);
  }

  /** Whether any of them is a pattern, whose groups a request may want. */
  get hasPatterns(): boolean {
    return this.#patterns.length > 0;
  }

  /** `host`: lower-case, without port and without a dot at its end. */
  find(host: string): { readonly server: Server; readonly matches: Matcher | undefined } | undefined {
    const server = this.#exact.get(host) ?? this.#byEnd(host) ?? this.#byBeginning(host);
    if (server !== undefined) return { server, matches: undefined };
    return this.#patterns.find(({ matches }) => matches.test(host));
  }

  #byEnd(host: string): Server | undefined {
    if (this.#leading.size === 0) return undefined;
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const server = this.#leading.get(host.slice(dot));
      if (server !== undefined) return server;
    }
    return undefined;
  }

  #byBeginning(host: string): Server | undefined {
    if (this.#trailing.size === 0) return undefined;
    for (let dot = host.lastIndexOf('.'); dot > 0; dot = host.lastIndexOf('.', dot - 1)) {
      const server = this.#trailing.get(host.slice(0, dot + 1));
      if (server !== undefined) return server;
    }
    return undefined;
  }
}

function addFirst<Server>(names: Map<string, Server>, name: string, server: Server): void {
  if (!names.has(name)) names.set(name, server);
}

/** The host of a request as names are compared: lower-case, without port and final dot. '' where there is none. */
export function hostOf(request: SiteRequest): string {
  return plainHost(request.header('host') ?? '');
}

/** A Host field's value without port and final dot, lower-case. */
export function plainHost(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  const name = (end <= 0 ? host : host.slice(0, end)).toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
