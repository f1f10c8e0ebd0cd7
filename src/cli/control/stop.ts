import { setTimeout as delay } from 'node:timers/promises';
import { askStatus, ControlGone, tellControl } from './ask-control.ts';
import { type ControlAction, type ControlCommand, controlOptions } from './control-command.ts';
import { ControlFailure } from './control-failure.ts';
import { findGalley } from './find-galley.ts';

const pollMs = 100;

/** `galley stop`. */
export const stop: ControlCommand = {
  name: 'stop',
  call: 'galley stop',
  word: undefined,
  about: `Usage: galley stop [options]

Stops a running Galley as SIGTERM does: requests under way may end, for at most
its --graceful-timeout. Waits until it has ended.
`,
  examples: `
Examples:
  galley stop                    the one that runs
  galley stop --pid 4711         one of several
  galley stop --control /run/shop/control.sock
`,
  options: controlOptions,
  prepare: () => stopNow,
};

const stopNow: ControlAction = async ({ chosen }) => {
  const path = await findGalley(chosen);
  process.stdout.write(`${await tellControl(path, 'POST', '/stop')}\n`);
  while (await isThere(path)) await delay(pollMs);
  process.stdout.write('Galley has stopped\n');
  return 0;
};

async function isThere(path: string): Promise<boolean> {
  try {
    await askStatus(path);
    return true;
  } catch (error) {
    if (error instanceof ControlFailure) return !(error instanceof ControlGone);
    throw error;
  }
}
