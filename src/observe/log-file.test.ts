import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { AppFolder } from '../../test/support/app-folder.ts';
import { until } from '../../test/support/until.ts';
import { byTurn, LogFile, LogFileError } from './log-file.ts';

const noReport = (problem: string): void => assert.fail(problem);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('LogFile', () => {
  it('writes bytes in order, at the end of a file that is there, with the mode of logs', async () => {
    await using folder = await AppFolder.with({ 'old.log': 'before\n' });
    const file = new LogFile(folder.file('old.log'), byTurn, noReport);
    file.write('a\xe9\n');
    file.write('b\n');
    await file.close();
    assert.equal(await readFile(folder.file('old.log'), 'latin1'), 'before\na\xe9\nb\n');
    const fresh = new LogFile(folder.file('new.log'), byTurn, noReport);
    await fresh.close();
    assert.equal(statSync(folder.file('new.log')).mode & 0o777, 0o644 & ~process.umask());
  });

  it('keeps lines until there are as many as its buffer takes', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('a.log');
    const file = new LogFile(path, { bufferSize: 10, flushMs: 0, gzipLevel: 0 }, noReport);
    file.write('12345\n');
    await turn();
    await turn();
    assert.equal(readFileSync(path, 'latin1'), '');
    file.write('6789\n');
    await until(() => readFileSync(path, 'latin1') === '12345\n6789\n', 'both lines');
    await file.close();
  });

  it('writes kept lines when their time is over', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('a.log');
    const file = new LogFile(path, { bufferSize: 1000, flushMs: 1, gzipLevel: 0 }, noReport);
    file.write('1\n');
    await until(() => readFileSync(path, 'latin1') === '1\n', 'the line');
    await file.close();
  });

  it('writes what can be unpacked as a whole', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('a.log.gz');
    const file = new LogFile(path, { bufferSize: 4, flushMs: 0, gzipLevel: 1 }, noReport);
    file.write('one\n');
    await until(() => statSync(path).size > 0, 'the first part');
    file.write('two\n');
    await file.close();
    assert.equal(gunzipSync(readFileSync(path)).toString(), 'one\ntwo\n');
  });

  it('refuses a path that cannot be opened in nginx’s words', () => {
    assert.throws(
      () => new LogFile('/nowhere/a.log', byTurn, noReport),
      new LogFileError('open() "/nowhere/a.log" failed (2: No such file or directory)'),
    );
  });

  it('does not wait for somebody to read a named pipe', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('pipe');
    execFileSync('mkfifo', [path]);
    // Where it does wait, the thread does so for ever.
    const source = `
      import { parentPort } from 'node:worker_threads';
      import { byTurn, LogFile } from ${JSON.stringify(new URL('./log-file.ts', import.meta.url).href)};
      try { new LogFile(${JSON.stringify(path)}, byTurn, () => {}); } catch (error) { parentPort.postMessage(error.message); }`;
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
    const [said] = await once(thread, 'message', { signal: AbortSignal.timeout(10_000) });
    assert.equal(said, `open() "${path}" failed (6: No such device or address)`);
  });

  it('loses and tears no line where it is rotated under writes', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('a.log');
    const file = new LogFile(path, byTurn, noReport);
    let count = 0;
    for (let rotation = 0; rotation < 20; rotation++) {
      for (let each = 0; each < 50; each++) {
        file.write(`line ${count++} ${'x'.repeat(300)}\n`);
        if (each % 7 === 0) await turn();
      }
      await until(() => statSync(path).size > 0, 'lines in the file');
      file.write(`line ${count++} ${'x'.repeat(300)}\n`);
      await turn();
      renameSync(path, folder.file(`a.log.${rotation}`));
      file.reopen();
      if (rotation % 3 === 0) file.reopen();
    }
    await file.close();
    const names = [...Array(20).keys()].map((rotation) => `a.log.${rotation}`);
    const parts = [...names, 'a.log'].map((name) => readFileSync(folder.file(name), 'latin1'));
    assert.ok(
      parts.slice(0, 20).every((part) => part !== ''),
      'lines went to all files',
    );
    const lines = parts.join('').trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => line.replace(/ x{300}$/, '')),
      [...Array(count).keys()].map((number) => `line ${number}`),
    );
  });

  it('closes the files that it leaves', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('a.log');
    const file = new LogFile(path, byTurn, noReport);
    const openOnes = (): string => execFileSync('ls', ['-l', `/proc/${process.pid}/fd`], { encoding: 'utf8' });
    for (let rotation = 0; rotation < 5; rotation++) {
      file.write('a line\n');
      await turn();
      file.reopen();
      file.reopen();
    }
    await file.close();
    assert.ok(!openOnes().includes(path), openOnes());
  });

  it('goes on with its file where the new one cannot be opened', async () => {
    await using folder = await AppFolder.with({});
    await using other = await AppFolder.with({});
    const path = folder.file('logs');
    renameSync(other.path, path);
    const file = new LogFile(`${path}/a.log`, byTurn, noReport);
    renameSync(path, folder.file('moved'));
    assert.throws(() => file.reopen(), LogFileError);
    file.write('still\n');
    await file.close();
    assert.equal(readFileSync(folder.file('moved/a.log'), 'latin1'), 'still\n');
  });

  it('tells of a full disk once, and goes on', async () => {
    const reports: string[] = [];
    const file = new LogFile('/dev/full', byTurn, (problem) => reports.push(problem));
    file.write('a\nb\n');
    await until(() => reports.length > 0, 'the report');
    file.write('c\n');
    await file.close();
    assert.deepEqual(reports, ['2 lines of the log "/dev/full" lost: write() failed (28: No space left on device)']);
  });

  it('keeps no more than its share of memory where nobody takes the lines, and writes whole lines after that', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('pipe');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const reports: string[] = [];
    const file = new LogFile(path, byTurn, (problem) => reports.push(problem));
    const line = `${'x'.repeat(1023)}\n`;
    for (let count = 0; count < 6_000; count++) file.write(line);
    assert.match(reports.join(), /^1 line of the log ".*" lost: the disk is too slow$/);
    const drained = new Worker(
      `const { closeSync, createReadStream } = require('node:fs');
       let size = 0;
       createReadStream(${JSON.stringify(path)}).on('data', (chunk) => { size += chunk.length; })
         .on('end', () => require('node:worker_threads').parentPort.postMessage(size));`,
      { eval: true },
    );
    const size = new Promise<number>((resolve) => drained.on('message', resolve));
    await until(() => drained.threadId > 0, 'the reader');
    // The reader opens the pipe for itself before the last writer leaves.
    await new Promise((resolve) => drained.once('online', resolve));
    await file.close();
    closeSync(reader);
    const kept = await size;
    assert.equal(kept % 1024, 0);
    assert.ok(kept > 3 * 1024 * 1024 && kept <= 4 * 1024 * 1024, String(kept));
  });

  it('shares a file with other threads, line by line', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('a.log');
    await appendFile(path, '');
    const source = `
      import { LogFile, byTurn } from ${JSON.stringify(new URL('./log-file.ts', import.meta.url).href)};
      import { workerData } from 'node:worker_threads';
      const file = new LogFile(workerData.path, byTurn, (problem) => { throw new Error(problem); });
      for (let count = 0; count < 2000; count++) {
        file.write(workerData.name + ' ' + count + ' ' + 'y'.repeat(count % 500) + '\\n');
        if (count % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await file.close();`;
    const entry = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
    const ended = ['a', 'b'].map(async (name) => {
      const thread = new Worker(entry, { workerData: { path, name } });
      return new Promise((resolve, reject) => thread.on('error', reject).on('exit', resolve));
    });
    await Promise.all(ended);
    const lines = readFileSync(path, 'latin1').trimEnd().split('\n');
    assert.equal(lines.length, 4000);
    for (const name of ['a', 'b']) {
      const own = lines.filter((line) => line.startsWith(`${name} `));
      assert.ok(own.every((line, count) => line === `${name} ${count} ${'y'.repeat(count % 500)}`));
    }
  });
});
