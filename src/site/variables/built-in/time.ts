import { nginxVersion } from '../../../core/nginx-version.ts';
import type { BuiltIns } from './built-in.ts';
import { seconds } from './connection.ts';

/** The time and the process. */
export const timeVariables: BuiltIns = {
  hostname: ({ services }) => services.hostname,
  msec: ({ services }) => seconds(services.now()),
  // Configs compare it with the version that has what they need; it is the nginx whose features these are.
  nginx_version: () => nginxVersion,
  pid: () => String(process.pid),
  request_time: ({ main, services }) =>
    seconds(main.record?.durationMs ?? services.now() - (main.exchange.startedAt ?? services.now())),
  time_iso8601: ({ services }) => timeNow(services.now()).iso,
  time_local: ({ services }) => timeNow(services.now()).log,
};

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

interface TimeTexts {
  readonly second: number;
  readonly iso: string;
  readonly log: string;
}

/** All requests of a second have the same texts. */
let last: TimeTexts = { second: Number.NaN, iso: '', log: '' };

function timeNow(now: number): TimeTexts {
  const second = Math.floor(now / 1000);
  if (second !== last.second) last = timeTexts(second);
  return last;
}

function timeTexts(second: number): TimeTexts {
  const date = new Date(second * 1000);
  const east = -date.getTimezoneOffset();
  const sign = east < 0 ? '-' : '+';
  const hours = two(Math.floor(Math.abs(east) / 60));
  const minutes = two(Math.abs(east) % 60);
  const day = two(date.getDate());
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const year = date.getFullYear();
  return {
    second,
    iso: `${year}-${two(date.getMonth() + 1)}-${day}T${clock}${sign}${hours}:${minutes}`,
    log: `${day}/${months[date.getMonth()]}/${year}:${clock} ${sign}${hours}${minutes}`,
  };
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
