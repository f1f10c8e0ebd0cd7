import type { Server, UserConfig } from '../schema/user-config.ts';
import type { SharedTls, Tls } from '../schema/user-tls.ts';
import type { ConfigPath } from './conversion.ts';

export interface TlsPlace {
  readonly path: ConfigPath;
  readonly tls: Tls;
}

/** Whatever says something of TLS, wherever. */
export function tlsObjects({ defaults, servers = [] }: UserConfig): readonly TlsPlace[] {
  const at = (path: ConfigPath, tls: Server['tls'] | SharedTls | boolean): readonly TlsPlace[] =>
    typeof tls === 'object' ? [{ path, tls }] : [];
  return [
    ...at(['defaults', 'tls'], defaults?.tls),
    ...servers.flatMap(({ tls, listen }, index) => [
      ...at(['servers', index, 'tls'], tls),
      ...listen.flatMap((each, number) =>
        typeof each === 'string' ? [] : at(['servers', index, 'listen', number, 'tls'], each.tls),
      ),
    ]),
  ];
}
