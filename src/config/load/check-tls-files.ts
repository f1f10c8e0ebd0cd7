import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { UserConfig } from '../schema/user-config.ts';
import type { ConfigProblem } from '../typed/conversion.ts';
import { nodesOf } from '../typed/places.ts';
import { tlsObjects } from '../typed/tls-objects.ts';

const options: ReadonlySet<string | number | undefined> = new Set([
  'certificate',
  'key',
  'passwordFile',
  'dhParameters',
  'ca',
  'crl',
  'file',
  'keyFile',
]);

/** Files that TLS is made of and that do not exist. Paths start from `folder`. */
export function checkTlsFiles(user: UserConfig, folder: string): readonly ConfigProblem[] {
  const places = [
    ...tlsObjects(user).map(({ path, tls }) => ({ path, value: tls })),
    ...Object.entries(user.issuers ?? {}).map(([name, value]) => ({ path: ['issuers', name], value })),
  ];
  return places
    .flatMap(({ path, value }) => [...nodesOf(value, path)])
    .flatMap(({ path, value }): readonly ConfigProblem[] => {
      const isFile = options.has(path.at(-1)) || path.at(-2) === 'ticketKeys';
      if (typeof value !== 'string' || !isFile) return [];
      const file = resolve(folder, value);
      if (existsSync(file)) return [];
      return [{ severity: 'error', path, message: `There is no file "${file}"` }];
    });
}
