import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { finishedRequest, logContext } from '../../../test/support/log-stage.ts';
import { OracleNginx } from '../../../test/support/oracle-nginx.ts';
import { requires } from '../../../test/support/requirements.ts';
import { until } from '../../../test/support/until.ts';
import type { LogFormatPlan } from '../../plan/log-plan.ts';
import { findLogFormat } from './log-format.ts';

const formats: readonly LogFormatPlan[] = [
  { name: 'a', escape: 'default', text: 'é [$uri] "$http_user_agent" $http_x $arg_a $status $pipe' },
  { name: 'b', escape: 'json', text: '{"u":"$uri","x":"$http_x","agent":"$http_user_agent"}' },
  { name: 'c', escape: 'none', text: '[$http_user_agent] [$http_x] $arg_a' },
];

describe('log formats', { skip: requires('nginx') }, () => {
  it('are written as nginx writes them', async () => {
    const named = formats.map((each) => `log_format ${each.name} escape=${each.escape} '${each.text}';`);
    const logs = formats.map(({ name }) => `access_log FOLDER/${name}.log ${name};`);
    await using nginx = await OracleNginx.start(
      `${named.join(' ')} server { listen SOCKET; ${logs.join(' ')} return 200; }`,
    );
    const agent = `q"b\\t\t'${Buffer.from('é').toString('latin1')}`;
    await nginx.ask('/x%22%5C%0A%1B%7F%C3%A9?a=1', { 'user-agent': agent });
    for (const { name } of formats) {
      const written = (): string => readFileSync(nginx.folder.file(`${name}.log`), 'latin1');
      await until(() => written() !== '', 'the line');
      const request = finishedRequest({ target: '/x?a=1', headers: { 'user-agent': agent } });
      request.uri = `/x"\\\n\x1b\x7f${Buffer.from('é').toString('latin1')}`;
      assert.equal(findLogFormat(name, formats, logContext)(request), written());
    }
  });
});
