import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { closestName } from '../core/closest-name.ts';
import type { Command } from './commands.ts';
import { type OptionName, type OptionValues, optionTable } from './option-table.ts';
import { UsageError } from './usage-error.ts';

/** The values that were given, by option, in order. */
export class GivenOptions {
  readonly #values: Map<OptionName, unknown[]> = new Map();

  add<Name extends OptionName>(name: Name, value: OptionValues[Name]): void {
    const values = this.#values.get(name) ?? [];
    this.#values.set(name, [...values, value]);
  }

  has(name: OptionName): boolean {
    return this.#values.has(name);
  }

  all<Name extends OptionName>(name: Name): readonly OptionValues[Name][] {
    return (this.#values.get(name) ?? []) as OptionValues[Name][];
  }

  /** The last value given, as in other servers, or the default. */
  value<Name extends OptionName>(name: Name): OptionValues[Name] {
    return this.has(name) ? (this.all(name).at(-1) as OptionValues[Name]) : optionTable[name].default;
  }
}

/**
 * The options and the other words of a command line, every value checked by itself. Throws {@link UsageError} for an
 * unknown option, with what was probably meant, and for a value that is missing or not allowed.
 */
export function readArguments(
  argv: readonly string[],
  command: Command,
): {
  readonly given: GivenOptions;
  readonly positionals: readonly string[];
} {
  const tableNames = tableNamesOf(command);
  const given = new GivenOptions();
  const positionals: string[] = [];
  const { tokens } = parseArgs({
    args: [...argv],
    options: parserConfig(tableNames),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const name = tableNames.get(token.name);
    if (name === undefined) throw new UsageError(unknownOption(token.rawName, command, [...tableNames.keys()]));
    // A value that looks like an option is one: the value before it was forgotten.
    const forgotten = !token.inlineValue && token.value !== undefined && /^-./.test(token.value);
    readValue(given, name, token.rawName, forgotten ? undefined : token.value);
  }
  return { given, positionals };
}

/** The name by which an option is in the table, for every name that it may be given by. */
function tableNamesOf(command: Command): ReadonlyMap<string, OptionName> {
  return new Map(
    command.options.flatMap((name) => [name, optionTable[name].alias ?? name].map((each) => [each, name] as const)),
  );
}

function parserConfig(tableNames: ReadonlyMap<string, OptionName>): ParseArgsOptionsConfig {
  return Object.fromEntries(
    [...tableNames].map(([name, tableName]) => {
      const { type, short } = optionTable[tableName];
      const kind = type.placeholder === undefined ? 'boolean' : 'string';
      return [name, { type: kind, multiple: true, ...(short && name === tableName ? { short } : {}) } as const];
    }),
  );
}

function readValue<Name extends OptionName>(
  given: GivenOptions,
  name: Name,
  rawName: string,
  text: string | undefined,
): void {
  const { type } = optionTable[name];
  const isFlag = type.placeholder === undefined;
  if (isFlag && text !== undefined) throw new UsageError(`${rawName} takes no value, but "${text}" was given`);
  if (!isFlag && text === undefined) throw new UsageError(`${rawName} needs a value: it takes ${type.allowed}`);
  const value = type.parse(text ?? '');
  if (value === undefined) throw new UsageError(`Cannot use ${rawName} "${text}": it takes ${type.allowed}`);
  given.add(name, value);
}

function unknownOption(rawName: string, command: Command, names: readonly string[]): string {
  const close = closestName(
    rawName,
    names.map((name) => `--${name}`),
  );
  const hint = close ? `Did you mean ${close}?` : `"${command.call} --help" lists all options`;
  return `Unknown option ${rawName}. ${hint}`;
}
