import { parseNetwork } from '../../http/network.ts';
import { addressRange, hasLowBits } from '../networks.ts';
import type { UserConfig } from '../schema/user-config.ts';
import type { ConfigPath, ConfigProblem } from './conversion.ts';
import { type Found, keysOf, nodesOf } from './places.ts';

/** The addresses and networks of a config that are none, or that are others than one would think. */
export function checkNetworks(user: UserConfig): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const check = ({ path, value, isName = false }: Found<string> & { isName?: boolean }, hint?: string): void => {
    const place = { path, isName };
    if (!parseNetwork(value)) {
      const message = `"${value}" is no address or network`;
      problems.push({ severity: 'error', ...place, message, ...(hint === undefined ? {} : { hint }) });
    } else if (hasLowBits(value)) {
      problems.push({ severity: 'warning', ...place, message: `Low address bits of "${value}" are meaningless` });
    }
  };

  for (const { path, value } of nodesOf({ defaults: user.defaults, servers: user.servers }, [])) {
    if (typeof value !== 'string') continue;
    if (isAccess(path) && value !== 'all' && value !== 'unix:') {
      check({ path, value }, "write an address, a network such as '10.0.0.0/8', 'all' or 'unix:'");
    } else if (isProxy(path) && value !== 'unix:') {
      check({ path, value }, "write an address, a network such as '10.0.0.0/8', or 'unix:'; names are not looked up");
    }
  }
  for (const [name, variable] of Object.entries(user.variables ?? {})) {
    if (!('geo' in variable)) continue;
    for (const [index, value] of (variable.proxies ?? []).entries()) {
      check({ path: ['variables', name, 'proxies', index], value });
    }
    for (const key of keysOf(name, variable.entries)) {
      if (key.value === 'default') check(key, 'write "default" beside "entries"');
      else if (!variable.ranges) check(key);
      else if (!addressRange(key.value)) {
        const { path, isName, value } = key;
        const hint = "write two IPv4 addresses such as '10.0.0.0-10.0.0.9'";
        problems.push({ severity: 'error', path, isName, message: `"${value}" is no range of addresses`, hint });
      }
    }
  }
  return problems;
}

function isAccess(path: ConfigPath): boolean {
  const [option, list] = [path.at(-1), path.at(-3)];
  return list === 'access' && (option === 'allow' || option === 'deny');
}

function isProxy(path: ConfigPath): boolean {
  return path.at(-2) === 'from' && (path.at(-3) === 'realIp' || path.at(-3) === 'purge');
}
