import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { endedAt, finishedRequest } from '../../../test/support/log-stage.ts';
import { requires } from '../../../test/support/requirements.ts';
import { TcpNginx } from '../../../test/support/tcp-nginx.ts';
import { until } from '../../../test/support/until.ts';
import { createLog } from '../../observe/log.ts';
import { LogFiles } from '../../observe/log-files.ts';
import { LocationErrorLog } from './request-error-log.ts';

describe('LocationErrorLog', { skip: requires('nginx') }, () => {
  it('writes a line as nginx does, but for the time and the numbers', async () => {
    await using folder = await AppFolder.with({});
    await using nginx = await TcpNginx.start(folder.path, '', 'server_name example.com; root FOLDER;');
    const headers = { host: `127.0.0.1:${nginx.port}`, referer: 'http://r/' };
    await (await fetch(`http://127.0.0.1:${nginx.port}/nope?a=b`, { headers })).text();
    const theirs = (): string => readFileSync(folder.file('logs/error.log'), 'latin1');
    await until(() => theirs().includes('nope'), 'the line');

    const files = new LogFiles(assert.fail);
    const log = new LocationErrorLog(
      files,
      createLog({ level: 'info' }, assert.fail, () => endedAt),
      () => endedAt,
    );
    const errorLogs = [{ target: { kind: 'file', path: folder.file('ours.log') }, level: 'error' }] as const;
    const [message = ''] = /open\(\) .*?\)(?=, client)/.exec(theirs()) ?? [];
    log.write(finishedRequest({ target: '/nope?a=b', headers, errorLogs }), 'error', message);
    await files.close();
    assert.equal(anonymous(readFileSync(folder.file('ours.log'), 'latin1')), anonymous(theirs()));
  });
});

function anonymous(text: string): string {
  return text.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[(\w+)\] \d+#\d+: \*\d+ /gm, '$1 ');
}
