import type { ReloadOutcome } from '../../app/status.ts';
import type { LogLevel } from '../../observe/log.ts';
import type { GalleyStatus } from './galley-status.ts';

/** What can be done to a running Galley over its control socket. */
export interface ControlTarget {
  status(): GalleyStatus;
  appNames(): readonly string[];
  /** How many workers of an app there are to be; the same for both ends a fixed number. */
  scale(min: number, max: number, app: string): void;
  /** Resolves when the new version serves, or the old one goes on since the new one fails. */
  reload(): Promise<ReloadOutcome>;
  /** Replaces one worker: a new one is ready first. False where there is no such worker. */
  drain(worker: number, app: string): boolean;
  setLogLevel(level: LogLevel): void;
  /** Begins a graceful stop. */
  stop(): void;
}
