import { caches } from './caches.ts';
import { certificates } from './certificates.ts';
import type { ControlCommand } from './control-command.ts';
import { drain } from './drain.ts';
import { logLevel } from './log-level.ts';
import { purge } from './purge.ts';
import { reload } from './reload.ts';
import { scale } from './scale.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { top } from './top.ts';
import { upstreams } from './upstreams.ts';

/** The commands that speak to a running Galley. */
export const controlCommands: readonly ControlCommand[] = [
  status,
  top,
  reload,
  scale,
  drain,
  upstreams,
  caches,
  purge,
  certificates,
  stop,
  logLevel,
];
