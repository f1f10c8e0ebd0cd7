import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { finishedRequest, logContext } from '../../../test/support/log-stage.ts';
import { compileLogFormat, findLogFormat } from './log-format.ts';
import { refusedExchange } from './refused-exchange.ts';

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

describe('compileLogFormat', () => {
  const agent = `q"b\\t\tl\n\x1bé${utf8('é')}`;
  const request = finishedRequest({ target: '/x?a=1', head: { headers: fieldsWith(agent) } });
  const cases = [
    ['default', `[$http_user_agent] $http_referer`, `[q\\x22b\\x5Ct\\x09l\\x0A\\x1B\\xE9\\xC3\\xA9] -\n`],
    [
      'json',
      `{"a":"$http_user_agent","r":"$http_referer"}`,
      `{"a":"q\\"b\\\\t\\tl\\n\\u001B\\u00E9\\u00C3\\u00A9","r":""}\n`,
    ],
    ['none', `[$http_user_agent] [$http_referer]`, `[q"b\\t\tl\\x0A\x1bé${utf8('é')}] []\n`],
  ] as const;
  for (const [kind, text, expected] of cases) {
    it(`writes values with escape=${kind}, and what stands for missing ones`, () => {
      assert.equal(compileLogFormat({ escape: kind, text }, logContext)(request), expected);
    });
  }

  it('leaves UTF-8 in JSON as it is', () => {
    const format = compileLogFormat({ escape: 'json', text: '"$http_user_agent"' }, logContext);
    const line = format(finishedRequest({ headers: { 'user-agent': utf8('日本') } }));
    assert.equal(Buffer.from(line, 'latin1').toString(), '"日本"\n');
  });

  it('writes its own text as UTF-8, and captures', () => {
    const format = compileLogFormat({ escape: 'default', text: 'é $1 $request_method' }, logContext);
    const captured = finishedRequest();
    captured.captures = ['all', 'o"ne'];
    assert.equal(format(captured), `${utf8('é')} o\\x22ne GET\n`);
  });
});

describe('findLogFormat', () => {
  it('has nginx’s combined format', () => {
    const line = findLogFormat(
      'combined',
      [],
      logContext,
    )(finishedRequest({ headers: { authorization: `Basic ${btoa('me:x')}`, 'user-agent': 'curl/8' } }));
    assert.match(
      line,
      /^127\.0\.0\.1 - me \[21\/Nov\/2026:09:05:07 [+-]\d{4}\] "GET \/a\?b HTTP\/1\.1" 200 12 "-" "curl\/8"\n$/,
    );
  });

  it('has Galley’s own, with duration and queue time in seconds', () => {
    const line = findLogFormat('galley', [], logContext)(finishedRequest({ headers: { referer: 'http://r/' } }));
    assert.ok(line.endsWith(' "GET /a?b HTTP/1.1" 200 12 "http://r/" "-" 0.035 0.002\n'), line);
  });

  it('has one JSON object a line, with the request id and times in milliseconds', () => {
    const line = findLogFormat(
      'galley-json',
      [],
      logContext,
    )(finishedRequest({ headers: { 'user-agent': `curl "8" ${utf8('é')}`, referer: '\xe9' } }));
    assert.equal(line.indexOf('\n'), line.length - 1);
    const parsed = JSON.parse(Buffer.from(line, 'latin1').toString());
    assert.equal(parsed.request, 'test-/a?b');
    assert.equal(parsed.durationMs, 34.568);
    assert.equal(parsed.queueMs, 1.5);
    assert.equal(parsed.userAgent, 'curl "8" é');
    assert.equal(parsed.referer, 'é');
  });

  it('writes dashes for a request that was refused before its head was complete', () => {
    const { connection } = finishedRequest().exchange;
    const refused = finishedRequest({ exchange: refusedExchange(connection), status: 400 });
    const line = findLogFormat('galley', [], logContext)(refused);
    assert.ok(line.includes('"-" 400 12 "-" "-"'), line);
    const parsed = JSON.parse(findLogFormat('galley-json', [], logContext)(refused));
    assert.deepEqual([parsed.status, parsed.method, parsed.request], [400, undefined, undefined]);
  });

  it('prefers a format of the config, and refuses a name that nothing has', () => {
    const plans = [{ name: 'main', escape: 'none', text: 'x $status' }] as const;
    assert.equal(findLogFormat('main', plans, logContext)(finishedRequest()), 'x 200\n');
    assert.throws(() => findLogFormat('toString', plans, logContext), { message: 'unknown log format "toString"' });
  });
});

/** Fields that HTTP allows no client to send; decoded paths hold such bytes. */
function fieldsWith(agent: string): ReturnType<typeof finishedRequest>['exchange']['request']['headers'] {
  const headers = finishedRequest().exchange.request.headers;
  return Object.assign(Object.create(headers), {
    get: (name: string) => (name === 'user-agent' ? agent : undefined),
    getAll: (name: string) => (name === 'user-agent' ? [agent] : []),
  });
}
