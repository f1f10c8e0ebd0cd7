import type { GalleyStatus } from '../../server/control/galley-status.ts';
import { askStatus, ControlGone } from './ask-control.ts';
import { type ControlAction, type ControlCommand, controlOptions } from './control-command.ts';
import { ControlFailure } from './control-failure.ts';
import { type Chosen, findGalley } from './find-galley.ts';
import { FullScreen } from './full-screen.ts';
import { renderStatus } from './render-status.ts';
import { type RequestRates, requestRates } from './request-rates.ts';
import { line, paint } from './styled-line.ts';
import { hasColors } from './terminal.ts';

const pollMs = 1_000;
const controlC = '\x03';
const leavingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `galley top`. */
export const top: ControlCommand = {
  name: 'top',
  call: 'galley top',
  word: undefined,
  about: `Usage: galley top [options]

Shows how a running Galley is doing, anew every second, with the requests a
second of each worker. q or Ctrl-C leaves.
`,
  examples: `
Examples:
  galley top                     the one that runs
  galley top --pid 4711          one of several
  galley top --control /run/shop/control.sock
`,
  options: controlOptions,
  prepare: () => watch,
};

const watch: ControlAction = async ({ chosen }) => {
  if (!process.stdout.isTTY || !process.stdin.isTTY) {
    throw new ControlFailure('"galley top" needs a terminal. "galley status" prints the same once', 2);
  }
  const view = new View(chosen, await findGalley(chosen));
  using screen = new FullScreen();
  const left = Promise.withResolvers<void>();
  process.stdin.on('data', (keys) => {
    if (/[qQ]/.test(keys.toString()) || keys.includes(controlC)) left.resolve();
  });
  process.stdin.on('end', left.resolve);
  for (const signal of leavingSignals) process.on(signal, left.resolve);
  const draw = (): void => screen.show(view.lines(screen.width));
  process.stdout.on('resize', draw);
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const poll = async (): Promise<void> => {
    await view.look();
    if (isOver) return;
    draw();
    timer = setTimeout(() => poll().catch(left.reject), pollMs);
  };
  poll().catch(left.reject);
  try {
    await left.promise;
  } finally {
    isOver = true;
    clearTimeout(timer);
    process.stdout.off('resize', draw);
  }
  return 0;
};

/** What is shown: the last status, or that there is none at the moment. */
class View {
  readonly #chosen: Chosen;
  #path: string;
  #status: GalleyStatus | undefined;
  #rates: RequestRates | undefined;
  /** Why the status is not of now; undefined where it is. */
  #problem: string | undefined;

  constructor(chosen: Chosen, path: string) {
    this.#chosen = chosen;
    this.#path = path;
  }

  /** Asks for the status; where the Galley has ended, looks for another one as at the start. */
  async look(): Promise<void> {
    try {
      if (this.#problem !== undefined) this.#path = await findGalley(this.#chosen);
      const status = await askStatus(this.#path);
      this.#rates = requestRates(this.#status, status);
      this.#status = status;
      this.#problem = undefined;
    } catch (error) {
      if (!(error instanceof ControlFailure)) throw error;
      const [reason = ''] = error.message.split('\n');
      this.#problem = error instanceof ControlGone || this.#problem ? `${this.#ended()}; waiting for one` : reason;
    }
  }

  lines(width: number): readonly string[] {
    const color = hasColors(process.stdout);
    const shown = this.#status
      ? renderStatus(this.#status, { width, color, now: Date.now(), rates: this.#rates }).trimEnd().split('\n')
      : [];
    const last = this.#problem === undefined ? line('q quits', 'dim') : line(`${this.#problem}. q quits`, 'red');
    return [...shown, '', paint(last, width, color)];
  }

  #ended(): string {
    return this.#status ? `Galley ${this.#status.pid} has ended` : 'Galley has ended';
  }
}
