import { isatty } from 'node:tty';

/**
 * Looks which of the standard streams are a terminal, and gives the function that tells whether one of those has gone since: then
 * SIGHUP says so. Else somebody has sent it.
 */
export function terminalWatch(): () => boolean {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  return () => !terminals.every((descriptor) => isatty(descriptor));
}
