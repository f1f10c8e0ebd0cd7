import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { makeCertificate } from '../../../test/support/certificates.ts';
import { programPath, requires } from '../../../test/support/requirements.ts';
import { until } from '../../../test/support/until.ts';

const program = fileURLToPath(new URL('../../../test/support/nginx-program.ts', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function galleyNginx(argv: readonly string[]): Outcome {
  return outcomeOf(process.execPath, ['--', program, 'nginx', ...argv]);
}

function realNginx(argv: readonly string[]): Outcome {
  return outcomeOf(programPath('nginx') ?? '', argv);
}

function outcomeOf(path: string, argv: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(path, argv, { encoding: 'utf8', timeout: 15_000 });
  return { code: status, stdout, stderr: withoutTime(stderr) };
}

/** Debian's nginx logs to standard error and so writes lines of a log there: `2026/11/21 18:00:00 [emerg] 1#1: x` is `nginx: [emerg] x`. */
function withoutTime(text: string): string {
  return text
    .replace(/^\d{4}\/\d\d\/\d\d [\d:]+ (\[\w+\]) \d+#\d+: /gm, 'nginx: $1 ')
    .replace(/^nginx: \[notice\] signal process started\n/m, '');
}

const good = 'events {}\nhttp { access_log logs/a.log; server { listen 127.0.0.1:28990; return 200 ok; } }\n';
const files = {
  'ok.conf': `pid ok.pid;\nerror_log error.log notice;\n${good}`.replace('logs/', ''),
  'include.conf': `pid ok.pid;\ninclude part.conf;\n${good}`.replace('logs/', ''),
  'part.conf': 'error_log error.log;\n',
  'no-log.conf': `pid ok.pid;\nerror_log error.log;\n${good}`,
  'no-error-log.conf': `pid ok.pid;\nerror_log nowhere/error.log;\n${good}`.replace('logs/', ''),
  'no-pid.conf': `pid nowhere/a.pid;\nerror_log error.log;\n${good}`.replace('logs/', ''),
  'unknown.conf': `pid ok.pid;\nerror_log error.log;\nbogus x;\n${good}`,
  'wrong-pid.conf': `pid wrong.pid;\nerror_log error.log;\n${good}`.replace('logs/', ''),
  'wrong.pid': 'abc\n',
  'gone.conf': `pid gone.pid;\nerror_log error.log;\n${good}`.replace('logs/', ''),
  'gone.pid': '999999999\n',
} as const;

describe('galley nginx', () => {
  it('-t reads the files of TLS', async () => {
    const { certificate, key } = makeCertificate(['a.test']);
    await using folder = await AppFolder.with({ 'good.pem': certificate, 'good.key': key });
    chmodSync(folder.file('good.key'), 0o600);
    const test = async (name: string): Promise<Outcome> => {
      const pair = `ssl_certificate ${name}.pem; ssl_certificate_key ${name}.key;`;
      const server = `server { listen 127.0.0.1:28990 ssl; server_name a.test; ${pair} }`;
      await folder.write('a.conf', `pid a.pid;\nerror_log a.log;\nevents {}\nhttp { access_log off; ${server} }\n`);
      return galleyNginx(['-t', '-p', folder.path, '-c', 'a.conf']);
    };
    const [good, missing] = [await test('good'), await test('missing')];
    const conf = folder.file('a.conf');
    assert.equal(
      good.stderr,
      `nginx: the configuration file ${conf} syntax is ok\nnginx: configuration file ${conf} test is successful\n`,
    );
    assert.deepEqual(
      [good.code, missing.code, missing.stderr],
      [
        0,
        1,
        `nginx: [emerg] Cannot read the certificate "${folder.file('missing.pem')}": file does not exist\nnginx: configuration file ${conf} test failed\n`,
      ],
    );
  });

  const same: readonly (readonly string[])[] = [
    ['-t', '-c', 'ok.conf'],
    ['-tq', '-c', 'ok.conf'],
    ['-T', '-c', 'include.conf'],
    ['-qT', '-c', 'ok.conf'],
    ['-t', '-c', 'no-log.conf'],
    ['-t', '-c', 'no-error-log.conf'],
    ['-t', '-c', 'no-pid.conf'],
    ['-t', '-c', 'unknown.conf'],
    ['-tq', '-c', 'unknown.conf'],
    ['-t', '-c', 'missing.conf'],
    ['-t', '-c', 'ok.conf', '-g', 'pid x.pid;'],
    ['-t', '-c', 'ok.conf', '-g', 'daemon off'],
    ['-t', '-c', 'ok.conf', '-g', 'daemon off; bogus;'],
    ['-t', '-c', 'ok.conf', '-e', 'nowhere/e.log'],
    ['-c', 'missing.conf'],
    ['-c', 'unknown.conf', '-s', 'reload'],
    ['-c', 'no-pid.conf', '-s', 'stop'],
    ['-c', 'wrong-pid.conf', '-s', 'quit'],
    ['-c', 'gone.conf', '-s', 'reopen'],
    ['-x'],
  ];
  for (const argv of same) {
    it(`says and does with ${argv.join(' ')} what nginx does`, { skip: requires('nginx') }, async () => {
      await using folder = await AppFolder.with(files);
      const all = [...argv, '-p', folder.path];
      const expected = realNginx(all);
      const { code, stdout, stderr } = galleyNginx(all);
      // Galley says besides what may be meant.
      const lines = stderr.split('\n').filter((line) => !line.startsWith('    '));
      assert.deepEqual({ code, stdout, stderr: lines.join('\n') }, expected);
    });
  }

  it('tells its version and modules where they are asked for', () => {
    const { code, stderr, stdout } = galleyNginx(['-V']);
    assert.deepEqual([code, stdout], [0, '']);
    assert.match(stderr, /^nginx version: nginx\/1\.\d+\.\d+ \(galley \S+\)\nbuilt by Node\.js /);
    assert.match(stderr, /^configure arguments: --prefix=.* --with-http_gzip_static_module /m);
    assert.equal(galleyNginx(['-v']).stderr.split('\n').length, 2);
    assert.match(galleyNginx(['-h']).stderr, /^nginx version.*\nUsage: nginx /);
  });

  it('drops with --lenient what Galley does not have', async () => {
    await using folder = await AppFolder.with({
      'a.conf': `pid a.pid;\nerror_log error.log;\n${good.replace('logs/', '').replace('return', 'ssi on; return')}`,
    });
    const argv = ['-t', '-p', folder.path, '-c', 'a.conf'];
    assert.equal(galleyNginx(argv).code, 1);
    const { code, stderr } = galleyNginx([...argv, '--lenient']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^nginx: \[warn\] .*ssi.* in .*a\.conf:4$/m);
  });

  it('goes into the background, and ends when it serves', async () => {
    const port = await freePort();
    await using folder = await AppFolder.with({ 'a.conf': configFor(port) });
    const argv = ['-p', folder.path, '-c', 'a.conf'];
    assert.deepEqual(galleyNginx(argv), { code: 0, stdout: '', stderr: '' });
    const pid = Number(readFileSync(folder.file('a.pid'), 'latin1'));
    assert.notEqual(pid, 0);
    try {
      assert.equal(await canConnect(port), true);
      const second = galleyNginx(argv);
      assert.deepEqual(second, { code: 1, stdout: '', stderr: `nginx: [emerg] bind() to 127.0.0.1:${port} failed\n` });
      assert.equal(readFileSync(folder.file('a.pid'), 'latin1'), `${pid}\n`);
      await until(() => readFileSync(folder.file('error.log'), 'latin1').includes('it serves'), 'the log');
      renameSync(folder.file('error.log'), folder.file('error.log.1'));
      assert.equal(galleyNginx([...argv, '-s', 'reopen']).code, 0);
      await until(() => existsSync(folder.file('error.log')), 'a new log');
      assert.match(
        readFileSync(folder.file('error.log.1'), 'latin1'),
        /^\d{4}\/\d\d\/\d\d [\d:]+ \[notice\] \d+#\d+: it serves\n {4}and\n {4}more\n/m,
      );
    } finally {
      assert.equal(galleyNginx([...argv, '-s', 'stop']).code, 0);
    }
    await until(() => !existsSync(folder.file('a.pid')), 'the end');
    await until(
      () => readFileSync(folder.file('error.log'), 'latin1').includes('(SIGTERM) received, exiting'),
      'the log',
    );
    await until(async () => !(await canConnect(port)), 'that nothing listens');
  });

  it('leaves the output of the process that was called, so that a shell does not wait for the daemon', async () => {
    const port = await freePort();
    await using folder = await AppFolder.with({ 'a.conf': configFor(port) });
    const child = spawn(process.execPath, ['--', program, 'nginx', '-p', folder.path, '-c', 'a.conf'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const closed = new Promise((resolve) => child.on('close', resolve));
    child.stdout.resume();
    child.stderr.resume();
    try {
      assert.equal(await closed, 0);
    } finally {
      galleyNginx(['-p', folder.path, '-c', 'a.conf', '-s', 'stop']);
    }
    await until(() => !existsSync(folder.file('a.pid')), 'the end');
  });

  it('stays in the foreground with daemon off', async () => {
    const port = await freePort();
    await using folder = await AppFolder.with({ 'a.conf': configFor(port) });
    const child = spawn(process.execPath, ['--', program, 'nginx', '-p', folder.path, '-c', 'a.conf', '-gdaemon off;']);
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await until(() => existsSync(folder.file('a.pid')), 'the pid file');
    assert.equal(readFileSync(folder.file('a.pid'), 'latin1'), `${child.pid}\n`);
    child.kill('SIGQUIT');
    assert.equal(await ended, 0);
    assert.equal(existsSync(folder.file('a.pid')), false);
  });
});

function configFor(port: number): string {
  return `pid a.pid;\nerror_log error.log notice;\nevents {}\nhttp { access_log a.log; server { listen 127.0.0.1:${port}; } }\n`;
}

/** A port that nothing listens on just now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
