import { readFile } from 'node:fs/promises';
import { OracleNginx } from './oracle-nginx.ts';

/** Starts nginx with one server, of which this is the inside. What it says of requests is read by {@link requestLog}. */
export function startLoggedNginx(server: string, http = ''): Promise<OracleNginx> {
  return OracleNginx.start(`error_log FOLDER/error.log info; ${http} server { listen SOCKET; ${server} }`);
}

/** What the error log says of requests, as `level: message`, without what nginx adds about the request. */
export async function requestLog(nginx: OracleNginx): Promise<string[]> {
  const lines = (await readFile(nginx.folder.file('error.log'), 'latin1')).split('\n');
  return lines.flatMap((line) => {
    const [, level, message] = /^\S+ \S+ \[(\w+)\] \d+#\d+: \*\d+ (.*?), client: /.exec(line) ?? [];
    return message === undefined ? [] : [`${level}: ${message}`];
  });
}
