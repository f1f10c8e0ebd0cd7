import { styleText } from 'node:util';
import { printable } from '../../observe/log.ts';

/** How a part of a line looks on a terminal with colours. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

export interface Span {
  readonly text: string;
  readonly style?: Style | undefined;
}

/** A line, in parts that may look different. */
export type Line = readonly Span[];

/** A line of one part. */
export function line(text: string, style?: Style): Line {
  return [{ text, style }];
}

/** The line as it is written: without control characters, cut to so many columns, and with colours only if they are wanted. */
export function paint(spans: Line, width: number, color: boolean): string {
  const safe = spans.map(({ text, style }) => ({ text: printable(text), style }));
  const isCut = safe.reduce((sum, { text }) => sum + text.length, 0) > width;
  let left = width;
  let painted = '';
  for (const { text, style } of safe) {
    const fits = text.slice(0, left);
    left -= fits.length;
    const shown = isCut && left === 0 && fits !== '' ? `${fits.slice(0, -1)}…` : fits;
    painted += color && style ? styleText(style, shown, { validateStream: false }) : shown;
  }
  return painted.trimEnd();
}
