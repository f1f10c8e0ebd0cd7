import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import type { FakeSiteRequestOptions } from '../../../test/support/fake-site-request.ts';
import { FilesStage, fileSettings } from '../../../test/support/files-stage.ts';
import type { Reply } from '../../core/reply.ts';
import type { Settings } from '../../plan/settings.ts';
import type { SiteOutcome } from '../outcome.ts';
import { SiteRequest } from '../site-request.ts';

let folder: AppFolder;
let began: number;

beforeEach(async () => {
  began = Date.now();
  folder = await AppFolder.with({ 'a.txt': 'first', '.env': 'secret' });
});

afterEach(() => folder[Symbol.asyncDispose]());

function stageOf(more: Partial<Settings> = {}, prefix = '/'): FilesStage {
  return new FilesStage({ [prefix]: fileSettings(folder.path, more) });
}

function now(outcome: SiteOutcome | Promise<SiteOutcome>): SiteOutcome {
  if (outcome instanceof Promise) throw new Error('It is answered later');
  return outcome;
}

function ask(stage: FilesStage, target: string, options: FakeSiteRequestOptions = {}): SiteOutcome {
  return now(stage.ask(target, options).outcome);
}

function status(outcome: SiteOutcome): number {
  if (!('status' in outcome)) throw new Error('It is no answer');
  return outcome.status;
}

function textOf(outcome: SiteOutcome): string {
  const { body } = outcome as Reply;
  if (!(body instanceof Uint8Array)) throw new Error('It is streamed');
  return Buffer.from(body).toString('latin1');
}

/** It is so long after the test began. */
function ahead(ms: number): FakeSiteRequestOptions {
  const time = began + ms;
  return { services: { now: () => time } };
}

describe('a file', () => {
  it('has no parts where its text may be recoded', () => {
    const statusOf = (charset: string | undefined, source: string | undefined, override = false): number =>
      status(
        ask(stageOf({ charset: { charset, source, override, types: ['text/plain'] } }), '/a.txt', {
          headers: [['range', 'bytes=0-1']],
        }),
      );
    for (const [charset, source] of [
      ['utf-8', 'koi8-r'],
      ['utf-8', '$uri'],
    ] as const) {
      assert.equal(statusOf(charset, source), 200, `${source}`);
    }
    for (const [charset, source] of [
      [undefined, 'koi8-r'],
      ['utf-8', undefined],
      ['utf-8', 'UTF-8'],
      ['utf-8', 'off'],
    ] as const) {
      assert.equal(statusOf(charset, source), 206, `${source}`);
    }
    assert.deepEqual([statusOf('utf-8', undefined, true), statusOf(undefined, undefined, true)], [200, 206]);
  });

  it('says that it varies where it is not sent whole, if it would be compressed (RFC 9110 §15.4.5)', async () => {
    await writeFile(folder.file('long.txt'), 'x'.repeat(2000));
    await writeFile(folder.file('long.bin'), 'x'.repeat(2000));
    const compression = {
      encodings: [{ encoding: 'gzip', level: 1 }],
      minLength: 20,
      types: ['text/plain'],
      vary: true,
      proxied: [],
      httpVersion: '1.1',
      disable: [],
    } as const;
    const varyOf = (stage: FilesStage, target: string, headers: Readonly<Record<string, string>>): unknown => {
      const reply = ask(stage, target, { headers: Object.entries(headers) }) as Reply;
      return [reply.status, reply.headers.get('vary')];
    };
    const requests = [
      { 'if-modified-since': new Date(Date.now() + 86_400_000).toUTCString() },
      { range: 'bytes=0-4' },
      { range: 'bytes=0-4,8-9' },
    ];
    const stage = stageOf({ compression, ifModifiedSince: 'before' });
    const statuses = [304, 206, 206];
    for (const [index, headers] of requests.entries()) {
      const own = statuses[index];
      assert.deepEqual(varyOf(stage, '/long.txt', headers), [own, 'Accept-Encoding']);
      assert.deepEqual(varyOf(stage, '/a.txt', headers), [own, undefined], 'too short');
      assert.deepEqual(varyOf(stage, '/long.bin', headers), [own, undefined], 'another type');
      const silent = stageOf({ compression: { ...compression, vary: false }, ifModifiedSince: 'before' });
      assert.deepEqual(varyOf(silent, '/long.txt', headers), [own, undefined]);
    }
    // The filter says it of what is sent whole.
    assert.deepEqual(varyOf(stage, '/long.txt', {}), [200, undefined]);
  });

  it('is answered without a promise, and the second time with the very same reply', () => {
    const stage = stageOf();
    const first = ask(stage, '/a.txt', ahead(1_000));
    assert.equal(textOf(first), 'first');
    assert.equal(ask(stage, '/a.txt', ahead(1_500)), first);
    assert.equal(stage.cache.count, 1);
  });

  it('that is large is kept when it is asked for again within a second', async () => {
    await folder.write('large.txt', 'x'.repeat(100_000));
    const stage = stageOf();
    const isStreamed = (ms: number): boolean => {
      const { body } = ask(stage, '/large.txt', ahead(ms)) as Reply;
      if (body instanceof Uint8Array) return false;
      void body[Symbol.asyncIterator]().return?.();
      return true;
    };
    assert.deepEqual([1_000, 2_000, 2_999, 3_500].map(isStreamed), [true, true, false, false]);
    assert.equal(stage.cache.bytes, 100_000);
  });

  it('that was changed is seen within a second', async () => {
    const stage = stageOf();
    assert.equal(textOf(ask(stage, '/a.txt', ahead(1_000))), 'first');
    await folder.write('a.txt', 'other');
    assert.equal(textOf(ask(stage, '/a.txt', ahead(1_999))), 'first');
    assert.equal(textOf(ask(stage, '/a.txt', ahead(2_000))), 'other');
  });

  it('that keeps its size and its time of modification is seen as well', async () => {
    const stage = stageOf();
    const time = new Date('2020-01-01T00:00:00Z');
    await utimes(folder.file('a.txt'), time, time);
    ask(stage, '/a.txt', ahead(1_000));
    await folder.write('new.txt', 'other');
    await utimes(folder.file('new.txt'), time, time);
    await rename(folder.file('new.txt'), folder.file('a.txt'));
    assert.equal(textOf(ask(stage, '/a.txt', ahead(2_000))), 'other');
  });

  it('that was removed is gone within a second', async () => {
    const stage = stageOf();
    ask(stage, '/a.txt', ahead(1_000));
    await rm(folder.file('a.txt'));
    assert.equal(status(ask(stage, '/a.txt', ahead(2_000))), 404);
    assert.equal(stage.cache.count, 0);
  });

  it('that was changed just now is not kept: a second change could not be told from it', () => {
    const stage = stageOf();
    assert.equal(textOf(ask(stage, '/a.txt', ahead(0))), 'first');
    assert.equal(stage.cache.count, 0);
  });

  it('is not taken to be fresh when the clock was set back', async () => {
    const stage = stageOf();
    ask(stage, '/a.txt', ahead(3_600_000));
    await folder.write('a.txt', 'other');
    assert.equal(textOf(ask(stage, '/a.txt', ahead(1_000))), 'other');
  });

  it('of a subrequest, and one that is the page of an error, is sent whole whatever the conditions', () => {
    const stage = stageOf();
    const options: FakeSiteRequestOptions = {
      headers: [
        ['if-none-match', '*'],
        ['range', 'bytes=0-0'],
      ],
    };
    assert.equal(status(ask(stage, '/a.txt', options)), 304);
    const parent = stage.ask('/a.txt').request;
    assert.equal(textOf(ask(stage, '/a.txt', { ...options, parent })), 'first');
    const { request } = stage.ask('/a.txt', options);
    const page = new SiteRequest(request.exchange, request.services, request.server, request.location, '/a.txt', '');
    page.errorStatus = 404;
    assert.equal(textOf(now(stage.run(page))), 'first');
    page.errorStatus = 200;
    assert.equal(textOf(now(stage.run(page))), 'first');
  });

  it('that is the page of an error tells neither its time nor that it has ranges, as nginx', () => {
    const stage = stageOf();
    const { request } = stage.ask('/a.txt');
    const names = (): string[] => Array.from((now(stage.run(request)) as Reply).headers, ([name]) => name);
    assert.deepEqual(names(), ['content-type', 'content-length', 'last-modified', 'etag', 'accept-ranges']);
    request.errorStatus = 404;
    assert.deepEqual(names(), ['content-type', 'content-length', 'etag']);
    request.method = 'HEAD';
    assert.deepEqual(names(), ['content-type', 'content-length', 'etag']);
  });

  it('has no ranges where a filter changes what it holds', () => {
    const substitution = { replacements: [], once: true, keepsLastModified: true, types: ['text/plain'] };
    const reply = ask(stageOf({ substitution }), '/a.txt', { headers: [['range', 'bytes=0-0']] }) as Reply;
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.has('accept-ranges'), false);
  });

  it('has at most 200 ranges where the config sets no limit (http.md 258)', async () => {
    await folder.write('b.txt', 'b'.repeat(1000));
    const range = (count: number): string =>
      `bytes=${Array.from({ length: count }, (_, at) => `${at}-${at}`).join(',')}`;
    assert.equal(status(ask(stageOf(), '/b.txt', { headers: [['range', range(200)]] })), 206);
    assert.equal(status(ask(stageOf(), '/b.txt', { headers: [['range', range(201)]] })), 200);
    assert.equal(status(ask(stageOf({ maxRanges: 300 }), '/b.txt', { headers: [['range', range(201)]] })), 206);
  });

  it('is sought under the root of the host', async () => {
    await mkdir(folder.file('one'));
    await folder.write('one/x.txt', 'of one');
    const stage = stageOf({ root: { path: `${folder.path}/$http_site`, isAlias: false } });
    const of = (site: string): FakeSiteRequestOptions => ({ ...ahead(1_000), headers: [['site', site]] });
    assert.equal(textOf(ask(stage, '/x.txt', of('one'))), 'of one');
    assert.equal(textOf(ask(stage, '/x.txt', of('one'))), 'of one');
    assert.equal(status(ask(stage, '/x.txt', of('two'))), 404);
    assert.equal(status(ask(stage, '/a.txt', of('../'))), 404);
    assert.equal(status(ask(stage, '/a.txt', of('one/..'))), 404);
    assert.equal(status(ask(stage, '/a.txt', of('.'))), 200);
  });
});

describe('what must not be sent', () => {
  it('an alias without its slash leads to nothing above it (nginx: alias traversal)', async () => {
    await mkdir(folder.file('www'));
    await folder.write('www/b.txt', 'inside');
    const stage = stageOf({ root: { path: `${folder.path}/www/`, isAlias: true } }, '/off');
    assert.equal(textOf(ask(stage, '/offb.txt')), 'inside');
    assert.equal(status(ask(stage, '/off../a.txt')), 404);
    assert.equal(status(ask(stage, '/off..')), 404);
    assert.equal(status(ask(stage, '/off../')), 404);
  });

  it('captures of a pattern lead to nothing above the folder that the alias names', async () => {
    await mkdir(folder.file('www'));
    await folder.write('www/b.txt', 'inside');
    const stage = stageOf({ root: { path: `${folder.path}/www/$1`, isAlias: true } }, '');
    const capture = (text: string): number => {
      const { request } = stage.ask('/re');
      request.captures = ['', text];
      return status(now(stage.run(request)));
    };
    assert.equal(capture('b.txt'), 200);
    assert.equal(capture('../a.txt'), 404);
    assert.equal(capture('x/../../a.txt'), 404);
  });

  it('names with dots are 404 where they are denied, but for /.well-known/ (http.md 237)', async () => {
    await mkdir(folder.file('.git'));
    await mkdir(folder.file('.well-known/.git'), { recursive: true });
    await mkdir(folder.file('sub/.well-known'), { recursive: true });
    for (const name of [
      '.git/HEAD',
      '.htpasswd',
      '.well-known/x',
      '.well-known/.git/HEAD',
      'sub/.well-known/x',
      'a.b',
      'a..',
    ]) {
      await folder.write(name, 'x');
    }
    const stage = stageOf({ dotfiles: 'deny' });
    for (const target of [
      '/.env',
      '/.git/HEAD',
      '/.git/',
      '/.git',
      '/.htpasswd',
      '/%2egit/HEAD',
      '/.well-known/.git/HEAD',
      '/sub/.well-known/x',
    ]) {
      assert.equal(status(ask(stage, target)), 404, target);
    }
    for (const target of ['/.well-known/x', '/a.b', '/a..']) assert.equal(status(ask(stage, target)), 200, target);
    assert.equal(status(ask(stageOf(), '/.env')), 200);
  });

  it('a denied name under an alias is found out too', async () => {
    const stage = stageOf({ root: { path: `${folder.path}/`, isAlias: true }, dotfiles: 'deny' }, '/x');
    assert.equal(status(ask(stage, '/x.env')), 404);
    assert.equal(status(ask(stage, '/xa.txt')), 200);
  });

  it('symbolic links below the root are 403 where they are denied, the root may be one', async () => {
    await mkdir(folder.file('real/sub'), { recursive: true });
    await folder.write('real/sub/b.txt', 'b');
    await symlink('real', folder.file('root'));
    await symlink('sub', folder.file('real/link'));
    await symlink('../a.txt', folder.file('real/a.txt'));
    const root = { path: folder.file('root'), isAlias: false };
    const stage = stageOf({ root, symlinks: 'deny' });
    assert.equal(textOf(ask(stage, '/sub/b.txt')), 'b');
    for (const target of ['/a.txt', '/link/b.txt', '/link']) assert.equal(status(ask(stage, target)), 403, target);
    assert.equal(status(ask(stageOf({ root }), '/a.txt')), 200);
    assert.equal(status(ask(stageOf({ root, symlinks: 'same-owner' }), '/a.txt')), 200);
  });

  it('a folder behind a denied symbolic link is not listed where there are no names of indexes either', async () => {
    await mkdir(folder.file('real'));
    await symlink('real', folder.file('link'));
    const autoindex = { format: 'html', exactSize: true, localTime: false } as const;
    const stage = stageOf({ symlinks: 'deny', index: [], autoindex });
    assert.equal(status(await stage.ask('/link/').outcome), 403);
    assert.equal(status(await stage.ask('/real/').outcome), 200);
    assert.equal(status(await stage.ask('/nowhere/').outcome), 404);
  });

  it('a file that became a symbolic link is refused within a second', async () => {
    const stage = stageOf({ symlinks: 'deny' });
    assert.equal(textOf(ask(stage, '/a.txt', ahead(1_000))), 'first');
    await rename(folder.file('a.txt'), folder.file('b.txt'));
    await symlink('b.txt', folder.file('a.txt'));
    assert.equal(status(ask(stage, '/a.txt', ahead(2_000))), 403);
  });

  it('a pipe is 404 and nobody waits for it, a device too', () => {
    execFileSync('mkfifo', [folder.file('pipe')]);
    const stage = stageOf();
    const { outcome, log } = stage.ask('/pipe');
    assert.equal(status(now(outcome)), 404);
    assert.deepEqual(log, [`crit: "${folder.file('pipe')}" is not a regular file`]);
    assert.equal(status(ask(stageOf({ root: { path: '/dev/', isAlias: true } }), '/zero')), 404);
  });

  it('NUL in a path leads to nothing', () => {
    const { request } = stageOf().ask('/a.txt');
    const stage = stageOf();
    request.uri = '/a.txt\0.txt';
    assert.equal(status(now(stage.run(request))), 404);
  });
});

describe('other answers', () => {
  it('a folder is redirected to itself on this host (http.md 233)', async () => {
    await mkdir(folder.file('evil.com'));
    const stage = stageOf();
    const { request } = stage.ask('/a.txt');
    request.uri = '//evil.com';
    const outcome = now(stage.run(request));
    assert.deepEqual(outcome, { kind: 'status', status: 301, location: '/evil.com/' });
    await mkdir(folder.file('\\evil.com'));
    request.uri = '/\\evil.com';
    request.args = 'a=b\r\nx: y';
    assert.deepEqual(now(stage.run(request)), {
      kind: 'status',
      status: 301,
      location: '/%5Cevil.com/?a=b%0D%0Ax:%20y',
    });
  });

  it('405 names what is allowed (RFC 9110 §15.5.6)', () => {
    const outcome = ask(stageOf(), '/a.txt', { method: 'DELETE' });
    assert.deepEqual(outcome, { kind: 'status', status: 405, fields: [['allow', 'GET, HEAD']] });
  });

  it('what is missing is told in the log as nginx tells it, unless it is not wanted', () => {
    const missing = (more: Partial<Settings>, target: string): readonly string[] => {
      const { outcome, log } = stageOf(more).ask(target);
      assert.equal(status(now(outcome)), 404);
      return log;
    };
    const path = folder.file('none');
    assert.deepEqual(missing({}, '/none'), [`error: open() "${path}" failed (2: No such file or directory)`]);
    assert.deepEqual(missing({}, '/a.txt/x'), [
      `error: open() "${folder.file('a.txt/x')}" failed (20: Not a directory)`,
    ]);
    assert.deepEqual(missing({}, '/none/'), [
      `error: "${path}/index.html" is not found (2: No such file or directory)`,
    ]);
    assert.deepEqual(missing({ logsNotFound: false }, '/none'), []);
    assert.deepEqual(missing({ logsNotFound: false }, '/none/'), []);
  });

  it('a folder without an index is 403, and told in the log', async () => {
    await mkdir(folder.file('sub'));
    const { outcome, log } = stageOf().ask('/sub/');
    assert.equal(status(now(outcome)), 403);
    assert.deepEqual(log, [`error: directory index of "${folder.file('sub/')}" is forbidden`]);
  });

  it('an index is an internal redirect, so that another location may have it', async () => {
    await mkdir(folder.file('sub'));
    await folder.write('sub/index.php', '<?php');
    const stage = stageOf({ index: ['$http_kind.html', 'index.php'] });
    assert.deepEqual(ask(stage, '/sub/?q=1'), { kind: 'redirect', target: '/sub/index.php', args: undefined });
    await folder.write('sub/it.html', 'it');
    assert.deepEqual(ask(stage, '/sub/', { headers: [['kind', 'it']] }), {
      kind: 'redirect',
      target: '/sub/it.html',
      args: undefined,
    });
  });

  it('a better sibling is sent to who takes it', async () => {
    for (const suffix of ['', '.gz', '.br', '.zst']) await folder.write(`s.txt${suffix}`, suffix);
    const encodings = ['zstd', 'br', 'gzip'] as const;
    const stage = stageOf({ precompressed: encodings.map((encoding) => ({ encoding, always: false })) });
    const sent = (accept: string): (string | undefined)[] => {
      const outcome = ask(stage, '/s.txt', { ...ahead(1_000), headers: [['accept-encoding', accept]] }) as Reply;
      return [textOf(outcome), outcome.headers.get('content-encoding'), outcome.headers.get('vary')];
    };
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(sent('gzip, br, zstd'), ['.zst', 'zstd', 'Accept-Encoding']);
      assert.deepEqual(sent('gzip, br'), ['.br', 'br', 'Accept-Encoding']);
      assert.deepEqual(sent('gzip, br;q=0.5'), ['.gz', 'gzip', 'Accept-Encoding']);
      assert.deepEqual(sent('deflate'), ['', undefined, 'Accept-Encoding']);
    }
  });
});

describe('try_files', () => {
  const candidates = ['$uri', '$uri/'];

  it('goes on with args of the fallback, and none of the request', () => {
    const stage = stageOf({ tryFiles: { candidates, fallback: { kind: 'uri', uri: '/index.php?q=$uri' } } });
    assert.deepEqual(ask(stage, '/none?x=1'), { kind: 'redirect', target: '/index.php', args: 'q=/none' });
    const bare = stageOf({ tryFiles: { candidates, fallback: { kind: 'uri', uri: '/index.html' } } });
    assert.deepEqual(ask(bare, '/none?x=1'), { kind: 'redirect', target: '/index.html', args: '' });
  });

  it('ends in a status or a named location', () => {
    const coded = stageOf({ tryFiles: { candidates, fallback: { kind: 'status', status: 418 } } });
    assert.equal(status(ask(coded, '/none')), 418);
    const named = stageOf({ tryFiles: { candidates, fallback: { kind: 'named', name: '@app' } } });
    assert.deepEqual(ask(named, '/none'), { kind: 'redirect', target: '@app', args: undefined });
  });

  it('takes what must not be sent for missing', () => {
    const stage = stageOf({ dotfiles: 'deny', tryFiles: { candidates, fallback: { kind: 'status', status: 418 } } });
    assert.equal(status(ask(stage, '/.env')), 418);
    assert.equal(status(ask(stage, '/a.txt')), 200);
  });

  it('sees within a second that a file is gone', async () => {
    const stage = stageOf({ tryFiles: { candidates, fallback: { kind: 'status', status: 418 } } });
    assert.equal(status(ask(stage, '/a.txt', ahead(1_000))), 200);
    await rm(folder.file('a.txt'));
    assert.equal(status(ask(stage, '/a.txt', ahead(2_000))), 418);
  });
});

it('a path that is not ASCII is that of its bytes', async () => {
  await writeFile(folder.file('é.txt'), 'accent');
  assert.equal(textOf(ask(stageOf(), '/%C3%A9.txt')), 'accent');
  const bytes = Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.from([0xe9, 0xff])]);
  await writeFile(bytes, 'no UTF-8');
  assert.equal(textOf(ask(stageOf(), '/%E9%FF')), 'no UTF-8');
});
