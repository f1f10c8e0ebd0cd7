import { isAbsolute, resolve } from 'node:path';
import type { DevIssuerPlan } from '../../plan/tls-plan.ts';
import type { UpstreamPlan } from '../../plan/upstream-plan.ts';
import type { VariablePlan } from '../../plan/variable-plan.ts';
import type { ConnectionZonePlan, RequestZonePlan } from '../../plan/zone-plan.ts';
import { devIssuer, standardIssuer } from '../issuers.ts';
import { type ProxyUrl, upstreamNameOf, upstreamOfUrl } from '../proxy-url.ts';

/** Where in a config something stands: the names and indices that lead to it. */
export type ConfigPath = readonly (string | number)[];

/** What is wrong at one place of a config that its source says. */
export interface ConfigProblem {
  readonly severity: 'error' | 'warning';
  readonly path: ConfigPath;
  readonly message: string;
  readonly hint?: string;
  /** The place is the name rather than the value. */
  readonly isName?: boolean;
}

/** What making a Config of one source gathers on the way. */
export class Conversion {
  readonly variables: VariablePlan[] = [];
  readonly requestZones: RequestZonePlan[] = [];
  readonly connectionZones: ConnectionZonePlan[] = [];
  readonly upstreams: UpstreamPlan[] = [];
  readonly devIssuers: DevIssuerPlan[] = [];
  readonly problems: ConfigProblem[] = [];
  /** Somebody asks the issuer that is there without being named. */
  usesStandardIssuer = false;
  readonly #issuers: readonly string[];
  /** Absolute path of the folder that paths start from. */
  readonly #folder: string;

  /** `issuers` are the names of those that the config has. */
  constructor(folder: string, issuers: readonly string[] = []) {
    this.#folder = folder;
    this.#issuers = issuers;
  }

  /** The name of the issuer that is asked: the one that is named, else the first. */
  acmeIssuer(name: string = this.#issuers[0] ?? standardIssuer): string {
    if (name === standardIssuer && !this.#issuers.includes(name)) this.usesStandardIssuer = true;
    return name;
  }

  /** The name of the development CA in a folder. */
  devIssuer(folder: string | undefined): string {
    const made = folder === undefined ? devIssuer() : devIssuer('dev', this.path(folder));
    const there = this.devIssuers.find((each) => each.folder === made.folder);
    if (there !== undefined) return there.name;
    const taken = new Set([...this.#issuers, ...this.devIssuers.map(({ name }) => name)]);
    const name = ['dev', ...this.devIssuers.map((_, index) => `dev ${index + 2}`), 'dev CA'].find(
      (each) => !taken.has(each),
    );
    this.devIssuers.push({ ...made, name: name ?? made.name });
    return name ?? made.name;
  }

  /** The name of the upstream that a URL means: the one of its host, or one that it makes. */
  upstreamFor(url: ProxyUrl): string {
    const names = [url.authority, upstreamNameOf(url.address)].map((name) => name.toLowerCase());
    const named = names
      .map((name) => this.upstreams.find((each) => each.name.toLowerCase() === name))
      .find((each) => each !== undefined);
    if (named !== undefined) return named.name;
    const made = upstreamOfUrl(url);
    this.upstreams.push(made);
    return made.name;
  }

  /** A path on disk, made absolute if it is not; one that begins with a variable is left as it is. A slash at the end stays. */
  path(text: string): string {
    if (text.startsWith('$') || isAbsolute(text)) return text;
    const absolute = resolve(this.#folder, text);
    return text.endsWith('/') ? `${absolute}/` : absolute;
  }
}

/** What `make` makes of a value that is there; nothing of one that is not. */
export function given<T, R extends object>(value: T | undefined, make: (value: T) => R): Partial<R> {
  return value === undefined ? {} : make(value);
}

/** The fields of these names that are there. */
export function picked<T extends object, const K extends keyof T>(
  value: T,
  names: readonly K[],
): { [Name in K]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(names.filter((name) => value[name] !== undefined).map((name) => [name, value[name]])) as {
    [Name in K]?: Exclude<T[Name], undefined>;
  };
}

/** A list, of its only element too. */
export function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
