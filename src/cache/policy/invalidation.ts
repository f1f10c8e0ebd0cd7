import type { HeaderList } from '../../core/headers.ts';

/** Methods that change nothing (RFC 9110 §9.2.1). */
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY']);

/** Whether what is kept for a request's path does not hold any more after such an answer (RFC 9111 §4.4). */
export function invalidates(method: string, status: number): boolean {
  return !safe.has(method) && status >= 200 && status < 400;
}

/** The paths and queries of the same origin that an answer's Location and Content-Location name. `base`: the URL that was asked for. */
export function alsoInvalidated(headers: HeaderList, base: string): readonly string[] {
  const targets: string[] = [];
  for (const name of ['location', 'content-location']) {
    const value = headers.get(name);
    if (value === undefined || !URL.canParse(value, base)) continue;
    const url = new URL(value, base);
    if (url.origin === new URL(base).origin) targets.push(`${url.pathname}${url.search}`);
  }
  return targets;
}
