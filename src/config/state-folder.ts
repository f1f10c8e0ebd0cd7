import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** What the place of {@link stateFolder} depends on. */
export interface StateSurroundings {
  readonly uid: number | undefined;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Where Galley keeps what must outlive it: certificates and accounts. What systemd has made for it, else as XDG says, but for root. */
export function stateFolder(
  { uid, home, environment }: StateSurroundings = {
    uid: process.getuid?.(),
    home: homedir(),
    environment: process.env,
  },
): string {
  // systemd.exec(5), StateDirectory=
  const [ofService] = environment['STATE_DIRECTORY']?.split(':') ?? [];
  if (ofService !== undefined && isAbsolute(ofService)) return ofService;
  if (uid === 0) return '/var/lib/galley';
  const data = environment['XDG_DATA_HOME'];
  return join(data !== undefined && isAbsolute(data) ? data : join(home, '.local/share'), 'galley');
}
