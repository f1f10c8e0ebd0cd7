import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import type { Expires } from '../../plan/settings.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import type { ReplyFilter } from '../steps.ts';
import { plainStatuses } from './headers.ts';

type Settled = Exclude<Expires, { readonly kind: 'template' }>;

const unitSeconds: Readonly<Record<string, number>> = {
  y: 365 * 86_400,
  M: 30 * 86_400,
  w: 7 * 86_400,
  d: 86_400,
  h: 3_600,
  m: 60,
  s: 1,
};

/** nginx's `expires`: the fields `expires` and `cache-control` of answers with a plain status, in place of their own. */
export function createExpires(expires: Expires | undefined, context: CompileContext): ReplyFilter | undefined {
  if (!expires) return undefined;
  const cached = new CachedFields();
  if (expires.kind !== 'template') {
    return (request, reply) =>
      plainStatuses.has(reply.status) ? withExpires(cached, expires, request.services.now(), reply) : reply;
  }
  const { from } = expires;
  const text = context.template(expires.text);
  if (text.constant !== undefined) {
    const settled = parseExpires(text.constant, from);
    if (settled === 'invalid') throw new PlanError(`"${text.constant}" is no value of expires`);
    return createExpires(settled === 'off' ? undefined : settled, context);
  }
  return (request, reply) => {
    if (!plainStatuses.has(reply.status)) return reply;
    const settled = parseExpires(text.evaluate(request), from);
    return typeof settled === 'string' ? reply : withExpires(cached, settled, request.services.now(), reply);
  };
}

/** Reads what `expires` takes: `off` and '', `epoch`, `max`, `@15h30m`, or a time with units that may be negative. */
export function parseExpires(text: string, from: 'now' | 'modified'): Settled | 'off' | 'invalid' {
  if (text === '' || text === 'off') return 'off';
  if (text === 'epoch' || text === 'max') return { kind: text };
  if (text.startsWith('@')) {
    const seconds = parseSeconds(text.slice(1));
    return seconds === undefined || seconds > 86_400 || from === 'modified' ? 'invalid' : { kind: 'daily', seconds };
  }
  const seconds = parseSeconds(text.replace(/^[-+]/, ''));
  if (seconds === undefined) return 'invalid';
  return { kind: 'after', from, seconds: text.startsWith('-') ? -seconds : seconds };
}

/** `1d 12h`, each unit once and the largest first; a number alone is of seconds. */
function parseSeconds(text: string): number | undefined {
  const match = /^(?:\d+y *)?(?:\d+M *)?(?:\d+w *)?(?:\d+d *)?(?:\d+h *)?(?:\d+m *)?(?:\d+s? *)?$/.exec(text);
  if (!match || text.trim() === '') return undefined;
  let seconds = 0;
  for (const [, number, unit] of text.matchAll(/(\d+)([a-zA-Z]?)/g)) {
    seconds += Number(number) * (unitSeconds[unit || 's'] ?? 0);
  }
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}

/** The fields as they were made last: within a second they are the same for the same value. */
class CachedFields {
  #key = '';
  #fields: HeaderList = HeaderList.empty;

  get(expires: Settled, now: number, modified: string): HeaderList {
    const seconds = 'seconds' in expires ? expires.seconds : expires.kind;
    const key = `${now} ${expires.kind} ${seconds} ${modified}`;
    if (key === this.#key) return this.#fields;
    const [date, control] = fieldsOf(expires, now, Date.parse(modified) / 1000);
    this.#key = key;
    this.#fields = HeaderList.of([
      ['expires', date],
      ['cache-control', control],
    ]);
    return this.#fields;
  }
}

function withExpires(cached: CachedFields, expires: Settled, nowMs: number, reply: Reply): Reply {
  const { headers } = reply;
  const isFromModified = expires.kind === 'after' && expires.from === 'modified';
  const modified = isFromModified ? (headers.get('last-modified') ?? '') : '';
  const fields = cached.get(expires, Math.floor(nowMs / 1000), modified);
  return { ...reply, headers: headers.without('expires', 'cache-control').withAll(fields) };
}

function fieldsOf(expires: Settled, now: number, modified: number): readonly [date: string, control: string] {
  switch (expires.kind) {
    case 'epoch':
      return ['Thu, 01 Jan 1970 00:00:01 GMT', 'no-cache'];
    case 'max':
      return ['Thu, 31 Dec 2037 23:55:55 GMT', 'max-age=315360000'];
    case 'daily':
      return until(nextTime(now, expires.seconds), now);
    case 'after': {
      const from = expires.from === 'modified' && expires.seconds !== 0 ? modified : now;
      return until((Number.isNaN(from) ? now : from) + expires.seconds, now, expires.seconds < 0);
    }
  }
}

/** The last second of the year 9999: years have four digits (RFC 9110 §5.6.7). */
const lastTime = 253_402_300_799;

function until(unbounded: number, now: number, isPast = false): readonly [date: string, control: string] {
  const time = Math.min(Math.max(unbounded, 0), lastTime);
  return [new Date(time * 1000).toUTCString(), isPast || time < now ? 'no-cache' : `max-age=${time - now}`];
}

/** The next time, in seconds since 1970, that it is so many seconds after midnight on the clock of this machine. */
function nextTime(now: number, seconds: number): number {
  const date = new Date(now * 1000);
  date.setHours(0, 0, seconds, 0);
  if (date.getTime() / 1000 <= now) date.setDate(date.getDate() + 1);
  return date.getTime() / 1000;
}
