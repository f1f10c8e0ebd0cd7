import type { UserConfig } from '../schema/user-config.ts';
import type { ConfigProblem } from './conversion.ts';
import { nodesOf } from './places.ts';

/** Origins of CORS that no browser sends (Fetch standard, "serializing a request origin"), so that they would never match. */
export function checkOrigins(user: UserConfig): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const { path, value } of nodesOf({ defaults: user.defaults, servers: user.servers }, [])) {
    if (typeof value !== 'string' || path.at(-2) !== 'origins' || path.at(-3) !== 'cors') continue;
    if (value === 'null' || originPattern.test(value)) continue;
    problems.push({
      severity: 'error',
      path,
      message: `No browser sends "${value}" as an origin: it is a scheme and a host, maybe with a port`,
      hint: hintFor(value),
    });
  }
  return problems;
}

/** Hosts as browsers write them: a name, an IPv4 address, or an IPv6 address in brackets. */
const originPattern = /^[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/i;

function hintFor(value: string): string {
  if (value === '*') return "write origins: '*' to let all of them in";
  if (value.includes('*')) return 'list each host: there are no wildcards';
  const [origin] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+/i.exec(value) ?? [];
  const meant = origin ?? `https://${value.replace(/^\/\/|\/.*$/g, '')}`;
  return originPattern.test(meant) ? `write "${meant}"` : "write it like 'https://example.com'";
}
