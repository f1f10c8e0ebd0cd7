import { wholeNumber } from '../value-type.ts';
import { tellControl } from './ask-control.ts';
import { type ControlCommand, controlOptions, wordValue } from './control-command.ts';
import { findGalley } from './find-galley.ts';

/** `galley drain WORKER`. */
export const drain: ControlCommand = {
  name: 'drain',
  call: 'galley drain',
  word: 'WORKER',
  about: `Usage: galley drain WORKER [options]

Replaces one worker of a running Galley: a new one is started, and when that is
ready the old one finishes its requests and ends. "galley status" numbers them.
`,
  examples: `
Examples:
  galley drain 3                 replace worker 3
  galley drain 3 --pid 4711      of one of several Galleys
  galley drain 3 --control /run/shop/control.sock
`,
  options: ['app', ...controlOptions],
  prepare(word) {
    const worker = wordValue('galley drain', word, wholeNumber('WORKER', 1, 999_999_999));
    return async ({ chosen, app }) => {
      process.stdout.write(`${await tellControl(await findGalley(chosen), 'POST', '/drain', { worker, app })}\n`);
      return 0;
    };
  },
};
