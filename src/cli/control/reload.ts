import type { ReloadOutcome } from '../../app/status.ts';
import { printable } from '../../observe/log.ts';
import { askControl, textOf } from './ask-control.ts';
import { type ControlAction, type ControlCommand, controlOptions } from './control-command.ts';
import { findGalley } from './find-galley.ts';

/** `galley reload`. */
export const reload: ControlCommand = {
  name: 'reload',
  call: 'galley reload',
  word: undefined,
  about: `Usage: galley reload [options]

Loads the app of a running Galley anew and waits until the new version serves.
No request fails. Where the new version does not start, the old one serves on,
and this says why and ends with exit code 1.
`,
  examples: `
Examples:
  galley reload                  the one that runs
  galley reload --pid 4711       one of several
  galley reload --control /run/shop/control.sock
`,
  options: controlOptions,
  prepare: () => reloadNow,
};

const reloadNow: ControlAction = async ({ chosen }) => {
  const path = await findGalley(chosen);
  const { body } = await askControl(path, 'POST', '/reload');
  const text = textOf(path, body);
  const { ok, traceback } = body as ReloadOutcome;
  if (ok) {
    process.stdout.write(`${text}\n`);
    return 0;
  }
  const lines = traceback?.trimEnd().split('\n').map(printable).join('\n');
  process.stderr.write(`galley: ${text}\n${lines ? `\n${lines}\n` : ''}`);
  return 1;
};
