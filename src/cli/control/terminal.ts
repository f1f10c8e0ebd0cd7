import type { WriteStream } from 'node:tty';

/** Whether colours are shown: on a terminal, unless NO_COLOR is set (no-color.org). */
export function hasColors(stream: WriteStream): boolean {
  return stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}
