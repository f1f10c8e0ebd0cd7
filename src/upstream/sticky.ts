import { createHash } from 'node:crypto';
import type { Sticky } from '../plan/upstream-plan.ts';
import { addressText, type SocketAddress } from './member.ts';

/** What `expires max` stands for: the last second that nginx names. */
const endOfTime = new Date('2037-12-31T23:55:55Z');

/** What a member is called in cookies and routes where the config does not say: the MD5 of its address, in hexadecimal. */
export function routeOfAddress(address: SocketAddress): string {
  return createHash('md5').update(addressText(address)).digest('hex');
}

/** The value of `set-cookie` that keeps a client at the member of a route. */
export function stickyCookie(sticky: Extract<Sticky, { kind: 'cookie' }>, route: string, now: Date): string {
  const { name, expires, domain, path, flags } = sticky;
  const parts = [`${name}=${route}`];
  if (expires !== undefined) {
    const until = expires === 'max' ? endOfTime : new Date(now.getTime() + expires * 1000);
    parts.push(`expires=${until.toUTCString()}`);
  }
  if (domain !== undefined) parts.push(`domain=${domain}`);
  if (path !== undefined) parts.push(`path=${path}`);
  return [...parts, ...flags].join('; ');
}

/** The route that a client's `cookie` fields name; undefined where none does. The first cookie of that name counts. */
export function cookieRoute(name: string, cookieFields: readonly string[]): string | undefined {
  for (const field of cookieFields) {
    for (let at = 0; at < field.length; ) {
      const next = field.indexOf(';', at);
      const end = next < 0 ? field.length : next;
      while (field[at] === ' ' || field[at] === '\t') at++;
      const value = at + name.length + 1;
      if (value < end && field.startsWith(name, at) && field[value - 1] === '=') return field.slice(value, end).trim();
      at = end + 1;
    }
  }
  return undefined;
}
