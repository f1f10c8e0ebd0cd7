import type { Command } from '../commands.ts';
import { UsageError } from '../usage-error.ts';
import type { ValueType } from '../value-type.ts';
import type { Chosen } from './find-galley.ts';

/** What was asked of a command that speaks to a running Galley. */
export interface ControlRequest {
  readonly chosen: Chosen;
  /** The app that is meant; undefined where it was not said. */
  readonly app: string | undefined;
  readonly json: boolean;
  readonly weight: number | undefined;
  readonly backup: boolean;
  readonly key: string | undefined;
  readonly prefix: string | undefined;
  readonly tag: string | undefined;
  readonly all: boolean;
}

/** Does it and gives the exit code. Rejects with ControlFailure. */
export type ControlAction = (request: ControlRequest) => Promise<number>;

/** A command that speaks to a running Galley over its control socket. */
export interface ControlCommand extends Command {
  /** What stands in the help for the one word that it takes; undefined where it takes none. */
  readonly word: string | undefined;
  /** How many words it takes at most, where it is not the one that is needed. */
  readonly mostWords?: number;
  /** What is to be done, given the first word, '' where there is none, and those after it. Throws UsageError. */
  prepare(word: string, more: readonly string[]): ControlAction;
}

/** The value of a command's word. Throws {@link UsageError} where it is not allowed. */
export function wordValue<T>(call: string, word: string, type: ValueType<T>): T {
  const value = type.parse(word);
  if (value === undefined) throw new UsageError(`Cannot use "${word}" in "${call} ${word}": it takes ${type.allowed}`);
  return value;
}

/** The options by which a Galley is chosen, and help. */
export const controlOptions = ['pid', 'control', 'help'] as const;
