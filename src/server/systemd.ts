/** What {@link ServiceManager} needs of the process. */
export interface ServiceManagerOptions {
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly pid: number;
  /** Sends one datagram to NOTIFY_SOCKET. Node has no such sockets. */
  readonly send: (text: string) => void;
  /** The monotonic clock, in microseconds. */
  readonly nowMicroseconds: () => bigint;
}

/** Tells systemd how the service does: sd_notify(3). Says nothing where systemd did not ask, without NOTIFY_SOCKET. */
export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  #isOpen: boolean;
  #isStopping = false;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(options: ServiceManagerOptions) {
    this.#options = options;
    this.#isOpen = Boolean(options.environment['NOTIFY_SOCKET']);
  }

  /**
   * Galley serves: after its start, after a reload, and after an upgrade, where the process is another one than systemd started.
   * From the first time on the watchdog is fed.
   */
  ready(status: string): void {
    if (this.#isStopping) return;
    this.#say('READY=1', `MAINPID=${this.#options.pid}`, statusLine(status));
    this.#startWatchdog();
  }

  /** A reload begins; `ready` ends it, however it went. */
  reloading(): void {
    if (this.#isStopping) return;
    this.#say('RELOADING=1', `MONOTONIC_USEC=${this.#options.nowMicroseconds()}`);
  }

  /**
   * A graceful stop begins: from now on only the watchdog is fed. Not for a process that was replaced: the service goes on without
   * it, so that calls `close` alone.
   */
  stopping(): void {
    this.#isStopping = true;
    this.#say('STOPPING=1');
  }

  /** Says nothing from now on, the watchdog's word included. */
  close(): void {
    this.#isOpen = false;
    clearInterval(this.#watchdog);
  }

  #say(...lines: readonly string[]): void {
    if (this.#isOpen) this.#options.send(lines.join('\n'));
  }

  #startWatchdog(): void {
    const { environment, pid } = this.#options;
    const intervalMs = watchdogIntervalMs(environment, pid);
    if (!this.#isOpen || this.#watchdog || intervalMs === undefined) return;
    this.#watchdog = setInterval(() => this.#say('WATCHDOG=1'), intervalMs).unref();
  }
}

/** How often the watchdog is to be fed: twice in its time, as sd_watchdog_enabled(3) has it. Undefined where there is none. */
export function watchdogIntervalMs(environment: Readonly<NodeJS.ProcessEnv>, pid: number): number | undefined {
  const { WATCHDOG_USEC: time = '', WATCHDOG_PID: watched } = environment;
  if (!/^[1-9]\d*$/.test(time) || (watched !== undefined && watched !== String(pid))) return undefined;
  const longestMs = 2 ** 31 - 1; // of a timer of Node
  return Math.min(Math.max(Number(time) / 2000, 1), longestMs);
}

/** A line break would begin another assignment. */
function statusLine(text: string): string {
  return `STATUS=${text.replace(/[\r\n]+/g, ' ')}`;
}
