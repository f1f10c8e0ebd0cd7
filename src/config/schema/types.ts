import { z } from 'zod';
import { longestTimerMs } from '../../core/limits.ts';
import { addressPattern } from '../address.ts';
import { cookieNamePattern, cookieTextPattern } from '../cookie-texts.ts';
import { durationPattern, durationText, expiresPattern, parseDuration, ratePattern, sizePattern } from '../units.ts';

/** Options by name. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** What is to be told of an option beside what it does. */
export interface OptionFacts {
  /** Where it is not a value of defaults.ts. */
  readonly default?: unknown;
  /** The directive that does the same. */
  readonly nginx?: string;
  /** What can go wrong, and who gains by it. */
  readonly danger?: string;
}

export function option(type: z.ZodType, description: string, facts: OptionFacts = {}): z.ZodType {
  return type.optional().meta({ description, ...facts });
}

/** One that must be given. */
export function needed(type: z.ZodType, description: string, facts: OptionFacts = {}): z.ZodType {
  return type.meta({ description, ...facts });
}

/** An object without other keys. `name` is that of its type. */
export function object(name: string, description: string, shape: Shape): z.ZodType {
  return strict(shape).meta({ id: name, description });
}

/** The same, where a value is refused for which `isRefused` holds; `takes` says what it takes. */
export function checkedObject(
  name: string,
  description: string,
  shape: Shape,
  takes: string,
  isRefused: (value: Readonly<Record<string, unknown>>) => boolean,
): z.ZodType {
  return strict(shape)
    .refine((value) => !isRefused(value as Readonly<Record<string, unknown>>), { error: takes })
    .meta({ id: name, description });
}

export function strict(shape: Shape): z.ZodType {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'it takes an object' : undefined),
  });
}

/** One of several forms; `takes` says which. */
export function either(takes: string, ...types: readonly [z.ZodType, z.ZodType, ...z.ZodType[]]): z.ZodType {
  return z.union(types, { error: `it takes ${takes}` });
}

export function oneOf(...choices: readonly [string, ...string[]]): z.ZodType {
  return z.enum(choices, { error: `it takes ${choices.map((each) => `'${each}'`).join(', ')}` });
}

export function oneOfNumbers(...choices: readonly [number, ...number[]]): z.ZodType {
  return z.literal(choices, { error: `it takes ${choices.join(', ')}` });
}

export function list(type: z.ZodType): z.ZodType {
  return z.array(type, { error: 'it takes a list' });
}

/** Values by name. */
export function table(type: z.ZodType): z.ZodType {
  return z.record(z.string(), type, {
    error: (issue) => (issue.code === 'invalid_type' ? 'it takes an object' : undefined),
  });
}

export function wholeNumber(least: number, most: number): z.ZodType {
  const error = `it takes a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

function matching(pattern: RegExp, takes: string): z.ZodType {
  return z.string({ error: `it takes ${takes}` }).regex(pattern, { error: `it takes ${takes}` });
}

/** As in nginx. */
const longestLifetimeMs = (2 ** 31 - 1) * 1_000;

function time(leastMs: number, mostMs: number): z.ZodType {
  const pattern = matching(durationPattern, "a time with its unit, such as '30s' or '1h 30m'");
  const isWithin = (ms: number): boolean => ms >= leastMs && ms <= mostMs;
  const error = `it takes a time from ${durationText(leastMs)} to ${durationText(mostMs)}`;
  return pattern.refine((text) => !durationPattern.test(String(text)) || isWithin(parseDuration(String(text))), {
    error,
  });
}

export const flag: z.ZodType = z.boolean({ error: 'it takes true or false' });
export const off: z.ZodType = z.literal(false, { error: 'it takes false' });
export const text: z.ZodType = z.string({ error: 'it takes a text' });
export const fullText: z.ZodType = z
  .string({ error: 'it takes a text' })
  .min(1, { error: 'it takes a text that is not empty' });
/** Of what is refused. */
export const status: z.ZodType = wholeNumber(400, 599);
export const count: z.ZodType = wholeNumber(0, 1_000_000_000);
/** Of a timer. */
export const duration: z.ZodType = time(0, longestTimerMs);
/** Of a timer that ends what takes longer: without any time nothing could succeed. */
export const timeout: z.ZodType = time(1, longestTimerMs);
/** Of what is done again and again. */
export const period: z.ZodType = time(100, longestTimerMs);
/** Of what is kept; no timer waits for it. */
export const lifetime: z.ZodType = time(0, longestLifetimeMs);
export const rate: z.ZodType = matching(ratePattern, "a rate such as '10/s' or '30/m'");
export const expires: z.ZodType = matching(
  expiresPattern,
  "a time such as '30d', '-1s', 'modified 1h' or '@15h', 'epoch', 'max', or a text with a variable",
);
export const size: z.ZodType = either(
  "a number of bytes or a size such as '10m'",
  wholeNumber(0, Number.MAX_SAFE_INTEGER),
  matching(sizePattern, "a size such as '10m'"),
);
export const sizeTemplate: z.ZodType = matching(
  /^(?:\d{1,15}[kmgKMG]?|.*\$.*)$/s,
  "a number of bytes, a size such as '10m', or a text with a variable",
);
export const charsetName: z.ZodType = matching(
  /^(?:[!#%&'*+\-.^_`|~0-9A-Za-z]+|.*\$.*)$/s,
  "the name of a charset such as 'utf-8', or a text with a variable",
);
export const logLevel: z.ZodType = oneOf('debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg');
export const cookieName: z.ZodType = matching(cookieNamePattern, "the name of a cookie, such as 'peer'");
/** A value of a cookie or of an attribute. */
export const cookieText: z.ZodType = matching(
  cookieTextPattern,
  "a text that is not empty and holds no ';', no ',' and no control characters",
);
export const variableName: z.ZodType = matching(/^[^\s$]+$/, 'the name of a variable, without the $');

/** A list, or its only element. */
export function oneOrMore(takes: string, type: z.ZodType): z.ZodType {
  return either(takes, type, list(type));
}

export const locationPath: z.ZodType = matching(
  /^($|\/|= |\^~ |~ |~\* |@.)/,
  "a path such as '/x/', '= /x', '^~ /x/', '~ pattern', '~* pattern' or '@name'",
);
export const address: z.ZodType = matching(
  addressPattern,
  "an address such as ':80', '127.0.0.1:8000', '[::1]:80' or 'unix:/run/x.sock'",
);
export const peerAddress: z.ZodType = matching(
  /^(unix:.+|(\[[\da-fA-F:.]+\]|[\w.-]+)(:\d{1,5})?)$/,
  "an address such as '10.0.0.1:8000', '[::1]:8000', 'app.example:80' or 'unix:/run/x.sock', without http://",
);
/** What can be sent in a request line. */
export const requestTarget: z.ZodType = matching(/^\/[!-~]*$/, "a path such as '/health?full', without spaces");
export const hostField: z.ZodType = matching(/^[!-~]+$/, "a host such as 'app.example' or 'app.example:8000'");
export const proxyUrl: z.ZodType = matching(
  /^((?:http|grpc)s?:\/\/.|.*\$)/i,
  "a URL such as 'http://127.0.0.1:3000', 'https://app.example' or 'http://unix:/run/x.sock'",
);
export const httpsUrl: z.ZodType = matching(
  /^https:\/\/[^\s/?#]+\S*$/i,
  "a URL such as 'https://ca.example/directory'",
);
export const webUrl: z.ZodType = matching(/^https?:\/\/[^\s/?#]+\S*$/i, "a URL such as 'http://127.0.0.1:3000/ask'");
