import { emptyBody } from '../../core/body.ts';
import type { ByteTransform } from './transformed-body.ts';

/** Latin-1. Case counts in neither for ASCII letters. */
export interface Replacement {
  readonly from: string;
  /** Asked for when it is needed, once. */
  to(): string;
}

/**
 * Replaces texts, each place by the first of them that fits there; `once`: each of them once. What may be the beginning of a text is held
 * back until it shows, never more than the longest one has.
 */
export function substituting(replacements: readonly Replacement[], once: boolean): ByteTransform {
  let left = replacements
    .filter(({ from }) => from !== '')
    .map((each) => ({ ...each, from: lowerCase(each.from), text: '' }));
  const texts = new Map<Replacement, string>();
  let pattern = patternOf(left);
  let held = '';

  function run(text: string, isEnd: boolean): Uint8Array {
    let result = '';
    let from = 0;
    let border = isEnd ? text.length : beginning(text, 0);
    while (pattern) {
      pattern.lastIndex = from;
      const match = pattern.exec(text);
      if (!match || match.index >= border) break;
      const index = match.findIndex((group, number) => number > 0 && group !== undefined) - 1;
      const found = left[index] as Replacement;
      let to = texts.get(found);
      if (to === undefined) {
        to = found.to();
        texts.set(found, to);
      }
      result += text.slice(from, match.index) + to;
      from = match.index + match[0].length;
      if (once) {
        left = left.filter((each) => each !== found);
        pattern = patternOf(left);
      }
      if (!isEnd && from > border) border = beginning(text, from);
    }
    held = pattern ? text.slice(Math.max(from, border)) : '';
    const rest = pattern ? text.slice(from, Math.max(from, border)) : text.slice(from);
    return Buffer.from(result + rest, 'latin1');
  }

  /** Where, from `at` on, the text ends with what may be the beginning of one of those that are looked for. */
  function beginning(text: string, at: number): number {
    const longest = left.reduce((most, { from }) => Math.max(most, from.length), 0);
    const start = Math.max(at, text.length - longest + 1);
    const tail = lowerCase(text.slice(start));
    for (let index = 0; index < tail.length; index++) {
      const part = tail.slice(index);
      if (left.some(({ from }) => from.length > part.length && from.startsWith(part))) return start + index;
    }
    return text.length;
  }

  return {
    push(piece) {
      if (!pattern && held === '') return piece;
      return run(held + Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1'), false);
    },
    end: () => (held === '' ? emptyBody : run(held, true)),
  };
}

function patternOf(replacements: readonly { readonly from: string }[]): RegExp | undefined {
  if (replacements.length === 0) return undefined;
  return new RegExp(replacements.map(({ from }) => `(${Array.from(from, characterPattern).join('')})`).join('|'), 'g');
}

/** The flag `i` would also ignore the case of what is not ASCII. */
function characterPattern(character: string): string {
  if (/[a-z]/.test(character)) return `[${character}${character.toUpperCase()}]`;
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
