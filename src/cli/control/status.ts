import { askStatus } from './ask-control.ts';
import { type ControlAction, type ControlCommand, controlOptions } from './control-command.ts';
import { ControlFailure } from './control-failure.ts';
import { findGalleys } from './find-galley.ts';
import { renderStatus } from './render-status.ts';
import { hasColors } from './terminal.ts';

/** `galley status`. */
export const status: ControlCommand = {
  name: 'status',
  call: 'galley status',
  word: undefined,
  about: `Usage: galley status [options]

Tells how the Galleys of this user are doing: their apps, queues and workers,
and how the last workers ended.
`,
  examples: `
Examples:
  galley status                  all that run
  galley status --pid 4711       one of them
  galley status --json           for a program, one JSON object for each
`,
  options: ['json', ...controlOptions],
  prepare: () => printStatus,
};

/** The exit code is 1 where one of them did not answer. */
const printStatus: ControlAction = async ({ chosen, json }) => {
  const { stdout, stderr } = process;
  const options = { width: stdout.columns || Number.POSITIVE_INFINITY, color: hasColors(stdout), now: Date.now() };
  let exitCode = 0;
  let separator = '';
  for (const path of await findGalleys(chosen)) {
    try {
      const found = await askStatus(path);
      stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : `${separator}${renderStatus(found, options)}`);
      separator = '\n';
    } catch (error) {
      if (!(error instanceof ControlFailure)) throw error;
      stderr.write(`galley: ${error.message}\n`);
      exitCode = error.exitCode;
    }
  }
  return exitCode;
};
