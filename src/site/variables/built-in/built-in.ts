import type { Evaluate } from '../variable.ts';

/** Variables by name, without the `$`. */
export type BuiltIns = Readonly<Record<string, Evaluate>>;
