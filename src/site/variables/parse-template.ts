import { PlanError } from '../compile-context.ts';

/** One piece of a template. */
export type TemplatePart =
  /** Latin-1 of the text's UTF-8 bytes. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  /** `$1` to `$9`. */
  | { readonly kind: 'capture'; readonly group: number };

const nameCharacters = /[A-Za-z0-9_]*/y;

/**
 * Takes `$name`, `${name}` and `$1` out of a text. As nginx has it, one digit is all of a capture (`$10` is `$1` and `0`), a `$` that
 * begins nothing is an error, and no escape makes one literal. Throws PlanError.
 */
export function parseTemplate(source: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let at = 0;
  while (at < source.length) {
    const dollar = source.indexOf('$', at);
    const end = dollar < 0 ? source.length : dollar;
    if (end > at) parts.push({ kind: 'text', text: wireText(source.slice(at, end)) });
    if (dollar < 0) break;
    const digit = source.charCodeAt(dollar + 1) - 48;
    if (digit >= 1 && digit <= 9) {
      parts.push({ kind: 'capture', group: digit });
      at = dollar + 2;
      continue;
    }
    const isBraced = source[dollar + 1] === '{';
    nameCharacters.lastIndex = dollar + (isBraced ? 2 : 1);
    const name = nameCharacters.exec(source)?.[0] ?? '';
    at = nameCharacters.lastIndex;
    if (isBraced && source[at] !== '}' && dollar + 2 < source.length) {
      throw new PlanError(`the closing bracket in "${name}" variable is missing`);
    }
    if (name === '') throw new PlanError('invalid variable name');
    if (isBraced) at++;
    parts.push({ kind: 'variable', name });
  }
  return parts;
}

/** A text of a plan as the wire has it: latin-1 of its UTF-8 bytes. */
export function wireText(text: string): string {
  return /[^\x00-\x7f]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** Lower case of a text that is latin-1 of bytes: only ASCII has a case there. */
export function asciiLowerCase(text: string): string {
  return /[\x80-\xff]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text.toLowerCase();
}
