import type { Config } from '../config/config.ts';
import { resolve } from '../config/resolve.ts';
import { readTlsMaterial } from '../tls/read-material.ts';

/** Reads every file of TLS that a config names, as nginx does when it tests one. Throws TlsFileError. */
export function readTlsFiles(config: Config, hostname: string, warn: (message: string) => void): void {
  const said = new Set<string>();
  const warnOnce = (message: string): void => {
    if (!said.has(message)) warn(message);
    said.add(message);
  };
  for (const { tls, names } of resolve(config, { hostname }).servers) {
    if (tls) readTlsMaterial(tls, { ticketSecret, names, now: new Date(), warn: warnOnce });
  }
}

/** Nothing is encrypted with it. */
const ticketSecret = new Uint8Array(48);
