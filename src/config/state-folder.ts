import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where Galley keeps what must outlive it: certificates and accounts. As XDG has it, but for root. */
export function stateFolder(
  uid: number | undefined = process.getuid?.(),
  dataHome: string | undefined = process.env['XDG_DATA_HOME'],
): string {
  if (uid === 0) return '/var/lib/galley';
  const home = dataHome !== undefined && isAbsolute(dataHome) ? dataHome : join(homedir(), '.local/share');
  return join(home, 'galley');
}
