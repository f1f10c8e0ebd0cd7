import type { LogFields } from '../../observe/log.ts';
import type { RequestName } from '../front-message.ts';
import { appStacks } from './app-stacks.ts';

const MiB = 1024 * 1024;
/** Requests that are named; an ASGI worker may have thousands. */
const mostNamed = 10;
/** Characters of a request line in a message; a target may have 8 KiB. */
const longestLine = 100;

/** What is logged of one event. */
export interface Incident {
  readonly message: string;
  readonly fields: LogFields;
}

/** The end of a worker that nobody asked for, or that we ended by force. */
export interface WorkerExit {
  readonly worker: number;
  readonly pid: number | undefined;
  readonly code: number | null;
  readonly signal: string | null;
  /** Whether the kernel killed it for want of memory. */
  readonly oom: boolean;
  /** The least limit of its control groups; undefined where there is none. */
  readonly memoryLimitBytes: number | undefined;
  /** As last seen. */
  readonly rssBytes: number | undefined;
  /** Requests that it had under way. */
  readonly lost: readonly RequestName[];
  /** Why we ended it, such as `it was stuck`; undefined where it ended by itself. */
  readonly reason: string | undefined;
}

/** Requests of one worker that the app did not answer in time. */
export interface LateWork {
  readonly worker: number;
  readonly pid: number | undefined;
  /** At least one. */
  readonly requests: readonly RequestName[];
  /** What faulthandler wrote; undefined where it wrote nothing. */
  readonly stacks: string | undefined;
  readonly rssBytes: number | undefined;
}

/** How and why a worker ended, and with which requests. */
export function describeExit(exit: WorkerExit): Incident {
  const { worker, pid, signal, code, oom, rssBytes, lost, reason } = exit;
  const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
  const why = [oom ? outOfMemory(exit) : undefined, reason].filter((each) => each !== undefined);
  const under = lost.length > 0 ? `, while it had ${named(lost)}` : '';
  return {
    message: `worker ${worker} ${how}${why.length > 0 ? `: ${why.join('; ')}` : ''}${under}`,
    fields: {
      pid,
      rssMiB: inMiB(rssBytes),
      signal: signal ?? undefined,
      code: code ?? undefined,
      oom: oom || undefined,
      ...requestsFields(lost),
    },
  };
}

/** Which requests take too long, and where the app is. */
export function describeLate({ worker, pid, requests, stacks, rssBytes }: LateWork): Incident {
  const where = stacks === undefined ? '; its threads do not tell where' : '';
  return {
    message: `the app has not answered in time: ${named(requests)}${where}`,
    fields: {
      worker,
      pid,
      rssMiB: inMiB(rssBytes),
      ...requestsFields(requests),
      ...(stacks === undefined ? {} : { text: appStacks(stacks) }),
    },
  };
}

function outOfMemory({ memoryLimitBytes }: WorkerExit): string {
  return memoryLimitBytes === undefined
    ? 'out of memory'
    : `out of memory (the cgroup's limit is ${inMiB(memoryLimitBytes)} MiB)`;
}

function named(requests: readonly RequestName[]): string {
  const count = requests.length === 1 ? '1 request' : `${requests.length} requests`;
  const more = requests.length > mostNamed ? `, and ${requests.length - mostNamed} more` : '';
  return `${count}: ${requests.slice(0, mostNamed).map(timed).join(', ')}${more}`;
}

function timed({ line, elapsedMs }: RequestName): string {
  const short = line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
  return `${short} (${(elapsedMs / 1000).toFixed(1)} s)`;
}

function requestsFields(lost: readonly RequestName[]): LogFields {
  const [first, second] = lost;
  if (first === undefined) return {};
  if (second === undefined) return requestFields(first);
  const ids = lost.slice(0, mostNamed).map(({ id }) => id);
  return { requests: ids.join(' ') };
}

function requestFields({ id, line, elapsedMs }: RequestName): LogFields {
  return { request: id, line, elapsedMs: Math.round(elapsedMs) };
}

function inMiB(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : Math.round(bytes / MiB);
}
