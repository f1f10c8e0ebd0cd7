import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const folder = fileURLToPath(new URL('../apps', import.meta.url));

/** Each number is a point of the list of what ASGI servers get wrong; here each is shown over the wire. */
describe('ASGI over HTTP', () => {
  let galley: Galley;
  const clients: RawClient[] = [];

  before(async () => {
    const args = ['--workers', '1', '--root-path', '/mounted', '--log-level', 'debug'];
    galley = await startGalley('points_asgi_app:app', { cwd: folder, args });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
  });
  after(() => galley[Symbol.asyncDispose]());

  async function client(): Promise<RawClient> {
    const made = await RawClient.connect(galley.port);
    clients.push(made);
    return made;
  }

  /** All that comes for one request on a connection of its own. */
  async function ask(target: string, more = '', method = 'GET', version = '1.1'): Promise<string> {
    const connection = await client();
    connection.send(`${method} ${target} HTTP/${version}\r\nHost: a\r\nConnection: close\r\n${more}\r\n`);
    return connection.all();
  }

  async function told(): Promise<unknown[]> {
    return (await (await fetch(`${galley.url}/told`)).json()) as unknown[];
  }

  /** What the app noted, once there is something. */
  async function toldSoon(): Promise<unknown[]> {
    let seen: unknown[] = [];
    await until(async () => {
      seen = await told();
      return seen.length > 0;
    }, 'the app notes something');
    return seen;
  }

  async function scope(target = '/scope', more = '', version = '1.1'): Promise<Record<string, unknown>> {
    const answer = await ask(target, more, 'GET', version);
    return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
  }

  it('1: names the version, method and scheme as the specification writes them', async () => {
    const seen = await scope();
    assert.deepEqual([seen['http_version'], seen['method'], seen['scheme']], ['1.1', 'GET', 'http']);
    assert.equal((await scope('/scope', '', '1.0'))['http_version'], '1.0');
  });

  it('2: decodes the path and leaves raw_path and query_string as they came', async () => {
    const seen = await scope('/%C3%BCn%C3%AF?a=%20b&c=%C3%BC');
    assert.equal(seen['path'], '/mounted/ünï');
    assert.equal(seen['raw_path'], '/mounted/%C3%BCn%C3%AF');
    assert.equal(seen['query_string'], 'a=%20b&c=%C3%BC');
  });

  it('3: has root_path in path', async () => {
    const seen = await scope();
    assert.deepEqual(
      [seen['root_path'], seen['path'], seen['raw_path']],
      ['/mounted', '/mounted/scope', '/mounted/scope'],
    );
  });

  it('4: keeps headers in order, repeated ones too, with names in lower case', async () => {
    const { headers } = await scope('/scope', 'X-B: 1\r\nCookie: a=1\r\nX-A: 2\r\nX-B: 3\r\nCookie: b=2\r\n');
    assert.deepEqual(headers, [
      ['host', 'a'],
      ['connection', 'close'],
      ['x-b', '1'],
      ['cookie', 'a=1'],
      ['x-a', '2'],
      ['x-b', '3'],
      ['cookie', 'b=2'],
    ]);
  });

  it('5: names both ends by address and number', async () => {
    const { client: peer, server } = (await scope()) as Record<string, [string, unknown]>;
    assert.equal(peer?.[0], '127.0.0.1');
    assert.equal(typeof peer?.[1], 'number');
    assert.deepEqual(server, ['127.0.0.1', galley.port]);
  });

  it('6 and 7: gives each request a state, asgi and extensions of its own', async () => {
    await scope();
    const seen = await scope();
    assert.deepEqual(seen['state'], ['shared']);
    assert.deepEqual(seen['asgi'], { version: '3.0', spec_version: '2.5' });
    assert.equal('mine' in (seen['extensions'] as object), false);
    assert.deepEqual(Object.values(seen['extensions'] as object), [{}, {}, {}, {}]);
  });

  it('8: receive waits after the body and then gives http.disconnect again and again', async () => {
    await ask('/disconnects');
    assert.deepEqual(await told(), [['early', false], 'http.disconnect', 'http.disconnect']);
  });

  it('9: answers 500 for an exception before the first body, and cuts the connection after it', async () => {
    assert.match(await ask('/raises-after-start'), /^HTTP\/1\.1 500 /);
    const cut = await ask('/raises-after-body');
    assert.match(cut, /^HTTP\/1\.1 200 [\s\S]*\r\n\r\n4\r\nsome\r\n$/);
  });

  it('10: sends each piece before the app goes on', async () => {
    const connection = await client();
    connection.send('GET /gated HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.sees(/5\r\nfirst\r\n$/);
    await ask('/open-gate');
    await connection.sees(/6\r\nsecond\r\n0\r\n\r\n$/);
  });

  it("11: ignores the app's Transfer-Encoding, and takes request chunks away", async () => {
    assert.match(await ask('/own-transfer-encoding'), /\r\n\r\n(3\r\none\r\n3\r\ntwo|6\r\nonetwo)\r\n0\r\n\r\n$/);
    assert.equal((await ask('/own-transfer-encoding')).match(/transfer-encoding/g)?.length, 1);
    const connection = await client();
    connection.send(
      'POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    );
    await connection.sees(/\r\n\r\nabcde$/);
    assert.match(await ask('/own-transfer-encoding', '', 'GET', '1.0'), /\r\n\r\nonetwo$/);
  });

  it('12: refuses a body without a start, more than was declared, and a second start', async () => {
    for (const kind of [0, 1, 2]) assert.match(await ask(`/wrong-messages?${kind}`), /^HTTP\/1\.1 500 /);
    assert.equal((await told()).length, 3);
  });

  it('13: raises OSError from send once the client left, without a word in the log', async () => {
    const before = galley.stderr().length;
    const connection = await client();
    connection.send('GET /send-after-disconnect HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.sees(/1\r\nx\r\n$/);
    connection.destroy();
    assert.deepEqual(await toldSoon(), [['OSError', '2.5']]);
    assert.doesNotMatch(galley.stderr().slice(before), /send-after-disconnect/);
  });

  it('15: sends no body to HEAD and with 204 and 304, and the length only where it means something', async () => {
    for (const [method, status, length] of [
      ['HEAD', 200, true],
      ['GET', 304, true],
      ['GET', 204, false],
    ] as const) {
      const answer = await ask(`/status?${status}`, '', method);
      assert.match(answer, /^HTTP\/1\.1 \d+ [\s\S]*\r\n\r\n$/);
      assert.equal(/content-length: 5/.test(answer), length, answer);
      assert.doesNotMatch(answer, /transfer-encoding/);
    }
  });

  it('15: ends an endless answer to HEAD when the client leaves', async () => {
    const connection = await client();
    connection.send('HEAD /endless HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.sees(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/);
    connection.destroy();
    assert.deepEqual(await toldSoon(), [['OSError', 'http.disconnect']]);
  });

  it('answers 500 for more headers than there may be, cuts where they are trailers, and goes on with others', async () => {
    const connection = await client();
    connection.send('GET /gated HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.sees(/5\r\nfirst\r\n$/);
    assert.match(await ask('/much'), /^HTTP\/1\.1 500 /);
    assert.match(await ask('/much-at-the-end', 'TE: trailers\r\n'), /\r\n\r\n7\r\ncontent\r\n$/);
    await ask('/open-gate');
    await connection.sees(/6\r\nsecond\r\n0\r\n\r\n$/);
  });

  it('16: sends 100 Continue when the app asks for the body, once, and never to HTTP/1.0', async () => {
    const head = 'Host: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n';
    const asking = await client();
    asking.send(`POST /echo HTTP/1.1\r\n${head}`);
    await asking.sees(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    asking.send('abc');
    await asking.sees(/100 Continue\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*\r\n\r\nabc$/);
    const ignoring = await client();
    ignoring.send(`POST /ignores-body HTTP/1.1\r\n${head}`);
    assert.match(await ignoring.all(), /^HTTP\/1\.1 200 OK/);
    const old = await client();
    old.send(`POST /echo HTTP/1.0\r\n${head}abc`);
    assert.match(await old.all(), /^HTTP\/1\.1 200 OK/);
  });

  it('17: sends trailers that the start promised, and only to a client that takes them', async () => {
    const with_ = await ask('/trailers', 'TE: trailers\r\n');
    assert.match(with_, /\r\n\r\n7\r\ncontent\r\n0\r\nx-sum: 1\r\nx-last: 2\r\n\r\n$/);
    assert.match(await ask('/trailers'), /7\r\ncontent\r\n0\r\n\r\n$/);
    assert.doesNotMatch(await ask('/trailers?unpromised', 'TE: trailers\r\n'), /x-sum: 1/);
  });

  it('18: sends the file of pathsend, which the app may delete then', async () => {
    const answer = await ask('/pathsend');
    assert.match(answer, /content-length: 1000000\r\n/);
    assert.equal(answer.slice(answer.indexOf('\r\n\r\n') + 4), '0123456789'.repeat(100_000));
    assert.match(await ask('/pathsend-missing'), /^HTTP\/1\.1 500 /);
    assert.match(await ask('/pathsend', '', 'HEAD'), /content-length: 1000000\r\n[\s\S]*\r\n\r\n$/);
  });

  it('18: sends a file of which the path is not UTF-8', async () => {
    assert.match(await ask('/pathsend?not-utf8'), /\r\n\r\n[0-9]{1000000}$/);
  });

  it('18: sends parts of an open file between bodies by zerocopysend, and leaves the file to the app', async () => {
    const answer = await fetch(`${galley.url}/zerocopysend`);
    const content = '0123456789'.repeat(100_000);
    assert.equal(await answer.text(), `<${content.slice(5, 500_005)}${content.slice(0, 3)}>`);
    assert.deepEqual(await told(), [0]);
  });

  it('18: sends early hints to HTTP/1.1, and says which extensions there are', async () => {
    const answer = await ask('/early-hint');
    assert.match(
      answer,
      /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\nlink: <\/b\.js>; rel=preload\r\n\r\nHTTP\/1\.1 200/,
    );
    assert.match(await ask('/early-hint', '', 'GET', '1.0'), /^HTTP\/1\.1 200/);
    const { extensions } = await scope();
    assert.deepEqual(Object.keys(extensions as object).sort(), [
      'http.response.early_hint',
      'http.response.pathsend',
      'http.response.trailers',
      'http.response.zerocopysend',
    ]);
  });
});
