import { mostWorkers } from '../../app/options.ts';
import type { ValueType } from '../value-type.ts';
import { parseWorkerRange, type WorkerCount } from '../worker-range.ts';
import { tellControl } from './ask-control.ts';
import { type ControlCommand, controlOptions, wordValue } from './control-command.ts';
import { findGalley } from './find-galley.ts';

const workerCount: ValueType<WorkerCount> = {
  placeholder: 'NUMBER',
  allowed: `a whole number from 1 to ${mostWorkers}, or a range such as 1-8`,
  choices: [],
  parse: parseWorkerRange,
};

/** `galley scale NUMBER`. */
export const scale: ControlCommand = {
  name: 'scale',
  call: 'galley scale',
  word: 'NUMBER',
  about: `Usage: galley scale NUMBER [options]
       galley scale MIN-MAX [options]

Sets how many workers a running Galley has, until it ends. With a range there
are as many as the load needs. Workers that are too many finish their requests.
`,
  examples: `
Examples:
  galley scale 4                 four workers
  galley scale 1-8               one to eight, by the load
  galley scale 4 --app shop      of one of several apps
  galley scale 4 --pid 4711      of one of several Galleys
`,
  options: ['app', ...controlOptions],
  prepare(word) {
    const range = wordValue('galley scale', word, workerCount);
    return async ({ chosen, app }) => {
      process.stdout.write(`${await tellControl(await findGalley(chosen), 'POST', '/scale', { ...range, app })}\n`);
      return 0;
    };
  },
};
