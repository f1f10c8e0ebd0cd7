import { runNginx } from './run-nginx.ts';
import { serveNginx } from './serve-nginx.ts';

/** `galley nginx`. Gives the exit code. */
export function nginx(argv: readonly string[]): Promise<number> {
  return runNginx(argv, serveNginx);
}
