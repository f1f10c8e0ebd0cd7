import type { Template } from '../../../plan/site-plan.ts';
import type { ServerBlock } from '../../config.ts';
import type { Argument, Directive } from '../syntax/tree.ts';
import type { Adaptation } from './adaptation.ts';
import type { Scope } from './scope.ts';
import { parseMilliseconds, parseNumber, parseOffset, parseSize } from './values.ts';

/** What one directive does to the block it stands in. How many arguments it has was checked before. */
export type Handler = (directive: Directive, scope: Scope, adaptation: Adaptation) => void;
export type Handlers = Readonly<Record<string, Handler>>;

/** An argument that the directive has, as its arity says. */
export function argument({ args, at }: Directive, index: number): Argument {
  return args[index] ?? { text: '', isQuoted: false, at };
}

/** The texts of all arguments. */
export function texts({ args }: Directive): string[] {
  return args.map(({ text }) => text);
}

type Settings<Value> = (value: Value) => ServerBlock;

/** `on` or `off`. */
export function flag(settings: Settings<boolean>): Handler {
  return (directive, scope, adaptation) => {
    const value = readFlag(directive, adaptation);
    if (value !== undefined) scope.set(settings(value));
  };
}

/** The value of a flag; undefined where it is none, which is told. */
export function readFlag(directive: Directive, adaptation: Adaptation): boolean | undefined {
  const { text } = argument(directive, 0);
  if (/^(?:on|off)$/i.test(text)) return text.toLowerCase() === 'on';
  const message = `invalid value "${text}" in "${directive.name}" directive, it must be "on" or "off"`;
  adaptation.error(argument(directive, 0), message);
  return undefined;
}

/** Bytes. */
export function size(settings: Settings<number>): Handler {
  return single(parseSize, settings);
}

/** Bytes, which may be gigabytes. */
export function offset(settings: Settings<number>): Handler {
  return single(parseOffset, settings);
}

export function milliseconds(settings: Settings<number>): Handler {
  return single(parseMilliseconds, settings);
}

function single(parse: (text: string) => number | undefined, settings: Settings<number>): Handler {
  return (directive, scope, adaptation) => {
    const value = parse(argument(directive, 0).text);
    if (value === undefined) adaptation.error(argument(directive, 0), `"${directive.name}" directive invalid value`);
    else scope.set(settings(value));
  };
}

/** A whole number, maybe within bounds. */
export function number(settings: Settings<number>, min = 0, max: number = Number.POSITIVE_INFINITY): Handler {
  return (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    const value = parseNumber(place.text);
    if (value === undefined) adaptation.error(place, `"${directive.name}" directive invalid number`);
    else if (value < min || value > max) adaptation.error(place, `value must be between ${min} and ${max}`);
    else scope.set(settings(value));
  };
}

/** One of some words. */
export function choice<Word extends string>(words: readonly Word[], settings: Settings<Word>): Handler {
  return (directive, scope, adaptation) => {
    const { text } = argument(directive, 0);
    const word = words.find((each) => each === text.toLowerCase());
    if (word === undefined) adaptation.error(argument(directive, 0), `invalid value "${text}"`);
    else scope.set(settings(word));
  };
}

/**
 * Some of the words, as often as the directive is there; a word said twice is one. `settings` gets what this directive says, and the
 * block as it is before.
 */
export function words<Word extends string>(
  known: readonly Word[],
  settings: (found: readonly Word[], scope: Scope) => ServerBlock,
): Handler {
  return (directive, scope, adaptation) => {
    const found: Word[] = [];
    for (const each of directive.args) {
      const word = known.find((name) => name === each.text.toLowerCase());
      if (word === undefined) adaptation.error(each, `invalid value "${each.text}"`);
      else if (found.includes(word)) adaptation.warn(each, `duplicate value "${each.text}"`);
      else found.push(word);
    }
    if (found.length > 0) scope.set(settings(found, scope));
  };
}

/** A size a second, or text with variables that gives one. */
export function rate(settings: Settings<Template>): Handler {
  return (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    if (!place.text.includes('$') && parseSize(place.text) === undefined) {
      adaptation.error(place, `"${directive.name}" directive invalid value`);
    } else scope.set(settings(adaptation.template(place.text, place)));
  };
}

/** Text with variables. */
export function template(settings: Settings<Template>): Handler {
  return (directive, scope, adaptation) => {
    const value = argument(directive, 0);
    scope.set(settings(adaptation.template(value.text, value)));
  };
}

/** Media types that are added to `text/html`, as nginx has it for all that filters by type; `*` is all. */
export function mediaTypes(settings: Settings<readonly string[]>): Handler {
  return (directive, scope, adaptation) => {
    const types = new Set(['text/html']);
    for (const each of directive.args) {
      const type = each.text.toLowerCase();
      if (types.has(type)) adaptation.warn(each, `duplicate MIME type "${each.text}"`);
      types.add(type);
    }
    scope.set(settings(types.has('*') ? ['*'] : [...types]));
  };
}
