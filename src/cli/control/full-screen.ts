import { writeSync } from 'node:fs';

const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';
const home = '\x1b[H';
const clearToLineEnd = '\x1b[K';
const clearBelow = '\x1b[J';

/** The whole terminal, without a cursor and with keys as they are pressed, until it is disposed of; then all is as it was before. */
export class FullScreen {
  readonly #restore: () => void;

  constructor() {
    process.stdin.setRawMode(true);
    process.stdout.write(enter);
    this.#restore = () => {
      process.stdin.setRawMode(false);
      // A write in the usual way may not be over when the process exits.
      writeSync(process.stdout.fd, leave);
    };
    process.once('exit', this.#restore);
  }

  /** Columns. */
  get width(): number {
    return process.stdout.columns || 80;
  }

  /** Lines. */
  get height(): number {
    return process.stdout.rows || 24;
  }

  /** Shows these lines in place of what is there; what does not fit the height is left out, but not the last one. */
  show(lines: readonly string[]): void {
    const fitting = lines.length <= this.height ? lines : [...lines.slice(0, this.height - 1), ...lines.slice(-1)];
    const last = fitting.length - 1;
    // Before the line: behind one that is as wide as the terminal, its last letter would be cleared.
    const drawn = fitting.map((line, index) => (index === last ? clearBelow : clearToLineEnd) + line);
    process.stdout.write(home + drawn.join('\r\n'));
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#restore);
    process.stdin.pause();
    this.#restore();
  }
}
