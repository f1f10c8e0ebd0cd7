import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { LogFileError } from '../../observe/log-file.ts';
import { loadConfig } from './load-config.ts';
import { openLogs } from './open-files.ts';
import { debianPaths } from './paths.ts';

/** The names of the files that are there once the logs of this config were opened. */
async function opened(config: string): Promise<string[]> {
  await using folder = await AppFolder.with({ 'nginx.conf': config });
  const paths = { ...debianPaths, prefix: folder.path, configFile: folder.file('nginx.conf'), errorLog: undefined };
  const { config: read, diagnostics } = loadConfig(paths, { isLenient: false });
  assert.deepEqual(diagnostics, []);
  assert.ok(read);
  openLogs(read, 'test');
  return readdirSync(folder.path).sort();
}

describe('openLogs', () => {
  it('makes the logs of every level, but for those whose path has variables', async () => {
    const names = await opened(`error_log main.log; events {}
      http {
        access_log http.log;
        server {
          access_log server.log; error_log server-error.log;
          location / { access_log location.log; if ($arg_a) { access_log if.log; } location /in/ { access_log inner.log; } }
          location /v/ { access_log $host.log; }
          location /off/ { access_log off; }
        }
        server { listen 8081; }
      }`);
    assert.deepEqual(names, [
      'http.log',
      'if.log',
      'inner.log',
      'location.log',
      'main.log',
      'nginx.conf',
      'server-error.log',
      'server.log',
    ]);
  });

  it('says in nginx’s words which cannot be opened', async () => {
    const config = 'events {} http { access_log off; server { location / { error_log nowhere/a.log; } } }';
    await assert.rejects(
      opened(config),
      (error) =>
        error instanceof LogFileError && /^open\(\) ".*\/nowhere\/a\.log" failed \(2: No such/.test(error.message),
    );
  });
});
