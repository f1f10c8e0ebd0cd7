/** Where a directive may stand; `opaque` is inside a block whose directives are not looked at. */
export type Context =
  | 'main'
  | 'events'
  | 'http'
  | 'server'
  | 'location'
  | 'server-if'
  | 'location-if'
  | 'limit_except'
  | 'upstream'
  | 'app'
  | 'acme_issuer';

/**
 * What Galley does with a directive. `full`: what nginx does. `ignored`: it is accepted and changes nothing, for this reason. `later`
 * and `never`: Galley does not have it; an error, or with `lenient` a warning.
 */
export type Support =
  | { readonly kind: 'full' }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'later'; readonly feature: string }
  | { readonly kind: 'never'; readonly reason: string };

/** What is in a directive's block: directives, entries of the block's own (as in `map`), or what is not looked at. */
export type BlockKind = 'block' | 'entries' | 'opaque';

export interface DirectiveRule {
  readonly name: string;
  readonly contexts: readonly Context[];
  /** Its one argument is `on` or `off`. */
  readonly isFlag: boolean;
  readonly minArguments: number;
  readonly maxArguments: number;
  /** A second one in the same block is an error. */
  readonly isUnique: boolean;
  /** Undefined where it ends with `;`. */
  readonly block: BlockKind | undefined;
  /** It answers, or decides who is answered: where it is dropped, files must not be sent instead. */
  readonly isContent: boolean;
  readonly support: Support;
}

type Count = 'flag' | `${number}` | `${number}-${number}` | `${number}+`;
type Kind = BlockKind | 'content';

/** How many arguments, whether it may be there more than once, and what it is if it is not a plain directive. */
export type Shape = `${Count} ${'once' | 'many'}` | `${Count} ${'once' | 'many'} ${Kind}`;

export const full: Support = { kind: 'full' };

/** `reason`: a clause that completes "it changes nothing: …". */
export function ignored(reason: string): Support {
  return { kind: 'ignored', reason };
}

/** `feature`: what is missing, as a noun. */
export function later(feature: string): Support {
  return { kind: 'later', feature };
}

/** `reason`: a sentence without its full stop. */
export function never(reason: string): Support {
  return { kind: 'never', reason };
}

/** Packages of nginx name folders for all of its modules, used or not. */
export const temporaryFiles: Support = ignored('Galley puts no answers into temporary files');

/** One line of a table of directives. */
export function rule(name: string, contexts: readonly Context[], shape: Shape, support: Support): DirectiveRule {
  const [count = '', repetition, kind] = shape.split(' ');
  const isFlag = count === 'flag';
  const [min = 1, max = count.endsWith('+') ? Number.POSITIVE_INFINITY : min] = isFlag
    ? []
    : count.split('-').map((each) => Number.parseInt(each, 10));
  return {
    name,
    contexts,
    isFlag,
    minArguments: min,
    maxArguments: max,
    isUnique: repetition === 'once',
    block: kind === 'block' || kind === 'entries' || kind === 'opaque' ? kind : undefined,
    isContent: kind === 'content',
    support,
  };
}

export const main: readonly Context[] = ['main'];
export const events: readonly Context[] = ['events'];
export const http: readonly Context[] = ['http'];
export const mainAndHttp: readonly Context[] = ['main', 'http'];
export const servers: readonly Context[] = ['http', 'server'];
export const locations: readonly Context[] = ['http', 'server', 'location'];
export const locationsAndIf: readonly Context[] = ['http', 'server', 'location', 'location-if'];
export const rewriting: readonly Context[] = ['server', 'location', 'server-if', 'location-if'];
export const passing: readonly Context[] = ['location', 'location-if'];
export const passingAndExcept: readonly Context[] = ['location', 'location-if', 'limit_except'];
export const upstream: readonly Context[] = ['upstream'];
export const app: readonly Context[] = ['app'];
export const acmeIssuer: readonly Context[] = ['acme_issuer'];
