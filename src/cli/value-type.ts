/** What an option takes. */
export interface ValueType<T> {
  /** What stands for the value in the help, with its unit; undefined for a switch, which takes none. */
  readonly placeholder: string | undefined;
  /** What is allowed, as the end of "it takes …". */
  readonly allowed: string;
  /** The values one can choose from, where they can be listed. */
  readonly choices: readonly string[];
  /** The value; undefined for a text that is not allowed. */
  parse(text: string): T | undefined;
}

/** A switch: true where it is given. */
export const flag: ValueType<boolean> = { placeholder: undefined, allowed: 'no value', choices: [], parse: () => true };

/** Any text but an empty one. */
export function text(placeholder: string): ValueType<string | undefined> {
  return { placeholder, allowed: 'a text that is not empty', choices: [], parse: (given) => given || undefined };
}

/** A whole number in a range, both ends included. */
export function wholeNumber(placeholder: string, least: number, most: number): ValueType<number> {
  return {
    placeholder,
    allowed: `a whole number from ${least} to ${most}`,
    choices: [],
    parse: (given) => (/^\d{1,9}$/.test(given) ? inRange(Number(given), least, most) : undefined),
  };
}

/** A time in seconds, with decimals, at most a day; the value is in milliseconds. */
export const seconds: ValueType<number> = {
  placeholder: 'SECONDS',
  allowed: 'a number of seconds from 0 to 86400',
  choices: [],
  parse(given) {
    const value = /^\d{1,5}(\.\d{1,3})?$/.test(given) ? inRange(Number(given), 0, 86_400) : undefined;
    return value === undefined ? undefined : Math.round(value * 1_000);
  },
};

/** A time in seconds, or in minutes (`30m`) or hours (`12h`), at most 30 days; the value is in milliseconds. */
export const duration: ValueType<number> = {
  placeholder: 'TIME',
  allowed: 'a number of seconds, or 30m or 12h, at most 30 days',
  choices: [],
  parse(given) {
    const [, digits, unit = 's'] = /^(\d{1,7}(?:\.\d{1,3})?)([smh]?)$/.exec(given) ?? [];
    if (digits === undefined) return undefined;
    return inRange(Math.round(Number(digits) * (unitsMs[unit || 's'] ?? 0)), 0, 30 * 86_400_000);
  },
};

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** A size in bytes, or with a K, M or G in units of 1024; 0, or at least a megabyte, since a lone 512 is a unit forgotten. */
export const size: ValueType<number> = {
  placeholder: 'SIZE',
  allowed: 'a size such as 512M, 1G or 1073741824 bytes, at least 1M; or 0',
  choices: [],
  parse(given) {
    const [, digits, unit = ''] = /^(\d{1,13})([kmg]?)$/i.exec(given) ?? [];
    if (digits === undefined) return undefined;
    const bytes = Number(digits) * 1024 ** ' kmg'.indexOf(unit.toLowerCase() || ' ');
    return bytes === 0 ? 0 : inRange(bytes, 1024 ** 2, 1024 ** 4);
  },
};

/** One of a few words. */
export function oneOf<const T extends string>(placeholder: string, choices: readonly T[]): ValueType<T> {
  return {
    placeholder,
    allowed: `one of ${choices.join(', ')}`,
    choices,
    parse: (given) => choices.find((choice) => choice === given),
  };
}

function inRange(value: number, least: number, most: number): number | undefined {
  return value >= least && value <= most ? value : undefined;
}
