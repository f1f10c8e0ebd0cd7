import { logLevels } from '../../observe/log.ts';
import { oneOf } from '../value-type.ts';
import { tellControl } from './ask-control.ts';
import { type ControlCommand, controlOptions, wordValue } from './control-command.ts';
import { findGalley } from './find-galley.ts';

/** `galley log-level LEVEL`. */
export const logLevel: ControlCommand = {
  name: 'log-level',
  call: 'galley log-level',
  word: 'LEVEL',
  about: `Usage: galley log-level LEVEL [options]

Sets how much a running Galley logs, until it ends: error, warn, info or debug.
`,
  examples: `
Examples:
  galley log-level debug         log all there is
  galley log-level info          the usual
  galley log-level warn --pid 4711
`,
  options: controlOptions,
  prepare(word) {
    const level = wordValue('galley log-level', word, oneOf('LEVEL', logLevels));
    return async ({ chosen }) => {
      process.stdout.write(`${await tellControl(await findGalley(chosen), 'PUT', '/log-level', { level })}\n`);
      return 0;
    };
  },
};
