import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { AppFolder } from '../support/app-folder.ts';
import { Galley, runGalley } from '../support/galley.ts';
import { until } from '../support/until.ts';

/** A folder with an nginx.conf, and what serves it in the foreground. */
async function serving(folder: AppFolder, http: string, main = ''): Promise<{ galley: Galley; url: string }> {
  const port = await freePort();
  await folder.write(
    'nginx.conf',
    `${main} pid a.pid; error_log error.log info; events {} http { ${http.replaceAll('PORT', `127.0.0.1:${port}`)} }`,
  );
  const args = ['nginx', '-p', folder.path, '-c', 'nginx.conf', '-g', 'daemon off;'];
  const galley = new Galley(args, { namePython: false });
  await until(
    () => existsSync(folder.file('a.pid')),
    () => `the pid file; it says ${galley.stderr()}`,
  );
  return { galley, url: `http://127.0.0.1:${port}` };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

describe('galley nginx', () => {
  for (const threads of [1, 2]) {
    it(`loses and tears no line where logs are rotated under requests, with worker_processes ${threads}`, async () => {
      await using folder = await AppFolder.with({});
      const http = `log_format line '$arg_number $request_id'; access_log access.log line; server { listen PORT; return 200; }`;
      const running = await serving(folder, http, `worker_processes ${threads};`);
      await using galley = running.galley;
      const rotated: string[] = [];
      let number = 0;
      let isOver = false;
      const client = async (): Promise<void> => {
        while (!isOver) await (await fetch(`${running.url}/?number=${++number}`)).arrayBuffer();
      };
      const clients = [client(), client(), client(), client()];
      const path = folder.file('access.log');
      for (let rotation = 0; rotation < 5; rotation++) {
        await until(() => readFileSync(path, 'latin1') !== '', 'lines');
        rotated.push(folder.file(`access.log.${rotation}`));
        renameSync(path, folder.file(`access.log.${rotation}`));
        galley.signal('SIGUSR1');
        await until(() => existsSync(path), 'a new log');
      }
      isOver = true;
      await Promise.all(clients);
      assert.equal(await galley.stop('SIGQUIT'), 0);
      const lines = [...rotated, path].flatMap((each) => readFileSync(each, 'latin1').split('\n').slice(0, -1));
      for (const line of lines) assert.match(line, /^\d+ [\da-f]{32}$/);
      const numbers = lines.map((line) => Number.parseInt(line, 10)).sort((a, b) => a - b);
      assert.deepEqual(
        numbers,
        Array.from({ length: number }, (_, index) => index + 1),
      );
      assert.equal(existsSync(folder.file('a.pid')), false);
    });
  }

  it('logs what goes wrong as nginx does', async () => {
    await using folder = await AppFolder.with({ 'index.html': 'x' });
    const { galley: started, url } = await serving(
      folder,
      `access_log off; server { listen PORT; root ${folder.path}; }`,
    );
    await using galley = started;
    assert.equal((await fetch(`${url}/nope`)).status, 404);
    const log = (): string => readFileSync(folder.file('error.log'), 'latin1');
    await until(() => log().includes('nope'), 'the line');
    assert.match(
      log(),
      /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[error\] \d+#\d+: \*\d+ open\(\) ".*\/nope" failed \(2: No such file or directory\), client: 127\.0\.0\.1, server: , request: "GET \/nope HTTP\/1\.1", host: "127\.0\.0\.1:\d+"$/m,
    );
    galley.signal('SIGTERM');
    assert.equal((await galley.exited).code, 0);
    assert.match(log(), /\[notice\] \d+#\d+: signal 15 \(SIGTERM\) received, exiting$/m);
  });

  it('goes on as before where the config that it is to read again is wrong', async () => {
    await using folder = await AppFolder.with({});
    const { galley: started, url } = await serving(folder, 'access_log off; server { listen PORT; return 200 ok; }');
    await using galley = started;
    const text = readFileSync(folder.file('nginx.conf'), 'utf8');
    await folder.write('nginx.conf', `bogus; ${text}`);
    galley.signal('SIGHUP');
    const log = (): string => readFileSync(folder.file('error.log'), 'latin1');
    await until(() => log().includes('unknown directive "bogus"'), 'the reason');
    assert.equal(await (await fetch(url)).text(), 'ok');
    await folder.write('nginx.conf', `\nbogus;\nother;\n${text}`);
    galley.signal('SIGHUP');
    await until(() => log().includes('unknown directive "other"'), 'the reason');
    assert.match(log(), /stays: nginx: .*"bogus" in .*:2\n +nginx: .*"other" in .*:3\n/, 'each on a line of its own');
    await folder.write('nginx.conf', text.replace('return 200 ok', 'gzip_proxied any any; return 200 new'));
    galley.signal('SIGHUP');
    await until(async () => (await (await fetch(url)).text()) === 'new', 'the new config');
    await until(() => /\[warn\] \d+#\d+: duplicate value "any" in .*nginx\.conf:1\n/.test(log()), log);
  });

  it('says which zone there is no memory for, at a test, a start and a reload', async () => {
    await using folder = await AppFolder.with({});
    const zoned = (size: string): string => `limit_req_zone $uri zone=big:${size} rate=1r/s; server { listen PORT; }`;
    await using galley = (await serving(folder, `access_log off; ${zoned('1m')}`)).galley;
    const text = readFileSync(folder.file('nginx.conf'), 'utf8').replace('big:1m', 'big:1000000000m');
    await folder.write('nginx.conf', text);
    const reason = 'could not allocate 1048576000000000 bytes in zone "big"';
    galley.signal('SIGHUP');
    const log = (): string => readFileSync(folder.file('error.log'), 'latin1');
    await until(() => log().includes(`the config in use stays: ${reason}`), log);
    await folder.write(
      'nginx.conf',
      text.replace('pid a.pid', 'pid b.pid').replace(/listen \S+;/, 'listen 127.0.0.1:1;'),
    );
    const args = ['nginx', '-p', folder.path, '-c', 'nginx.conf', '-g', 'daemon off;'];
    for (const more of [['-t'], []]) {
      const { code, stderr } = await runGalley([...args, ...more], { namePython: false });
      assert.equal(code, 1);
      assert.ok(stderr.includes(`nginx: [emerg] ${reason}\n`), stderr);
    }
  });

  it('waits no longer for requests where SIGTERM comes after SIGQUIT', async () => {
    await using folder = await AppFolder.with({ 'a.txt': 'x'.repeat(1_000_000) });
    const { galley: started, url } = await serving(
      folder,
      'access_log off; server { listen PORT; limit_rate 1k; root .; }',
    );
    await using galley = started;
    const response = await fetch(`${url}/a.txt`);
    const isCut = assert.rejects(response.arrayBuffer());
    galley.signal('SIGQUIT');
    await until(() => /received, shutting down/.test(readFileSync(folder.file('error.log'), 'latin1')), 'it ends');
    galley.signal('SIGTERM');
    // Requests may take 30 s, which is longer than the test.
    assert.equal((await galley.exited).code, 0);
    await isCut;
    assert.equal(existsSync(folder.file('a.pid')), false);
    await galley.leavesNothing();
  });

  it('goes on as before where its log or pid file of a reload cannot be opened', async () => {
    await using folder = await AppFolder.with({ 'other.pid': `${process.pid}\n` });
    // What the site logs to is told of when the site is changed.
    const http = 'access_log off; error_log site.log; server { listen PORT; return 200 ok; }';
    const { galley: started, url } = await serving(folder, http);
    await using galley = started;
    const text = readFileSync(folder.file('nginx.conf'), 'utf8').replace('return 200 ok', 'return 200 new');
    const log = (): string => readFileSync(folder.file('error.log'), 'latin1');
    const reasons: [string, string, string][] = [
      ['error_log error.log', 'error_log missing/a.log', `open() "${folder.file('missing/a.log')}" failed (2: No such`],
      ['pid a.pid', 'pid missing/a.pid', `open() "${folder.file('missing/a.pid')}" failed (2: No such`],
      ['pid a.pid', 'pid other.pid', `${folder.file('other.pid')} is not written: it is of process ${process.pid}`],
    ];
    for (const [said, says, reason] of reasons) {
      await folder.write('nginx.conf', text.replace(said, says));
      galley.signal('SIGHUP');
      await until(() => log().includes(`the config in use stays: ${reason}`), log);
      assert.equal(await (await fetch(url)).text(), 'ok');
      assert.equal(readFileSync(folder.file('a.pid'), 'latin1'), `${galley.pid}\n`);
    }
  });

  it('makes so on a reload what the config says of the pid file and its own log, and warns of what needs a restart', async () => {
    await using folder = await AppFolder.with({});
    const { galley: started } = await serving(folder, 'access_log off; server { listen PORT; return 200 ok; }');
    await using galley = started;
    const text = readFileSync(folder.file('nginx.conf'), 'utf8')
      .replace('pid a.pid; error_log error.log', 'pid b.pid; error_log other.log')
      .replace('events {}', 'worker_processes 2; worker_shutdown_timeout 5s; events { worker_connections 99; }');
    await folder.write('nginx.conf', text);
    galley.signal('SIGHUP');
    const log = (name: string): string =>
      existsSync(folder.file(name)) ? readFileSync(folder.file(name), 'latin1') : '';
    await until(
      () => log('other.log').includes('the config was read again and is in use'),
      () => log('error.log') + log('other.log'),
    );
    assert.deepEqual([existsSync(folder.file('a.pid')), log('b.pid')], [false, `${galley.pid}\n`]);
    const names = 'worker_processes, worker_connections, worker_shutdown_timeout';
    assert.match(
      log('other.log'),
      new RegExp(`\\[warn\\] .*: what the config says of ${names} is in use after a restart`),
    );
    galley.signal('SIGUSR1');
    await until(() => log('other.log').includes('reopening logs'), 'the signal is logged there');
  });
});
