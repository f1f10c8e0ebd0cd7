import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { appStacks } from './app-stacks.ts';

const ours = '/opt/galley/workers/python/galley_worker';
const library = '/usr/lib/python3.13';

function thread(heading: string, ...frames: readonly string[]): string {
  return [`${heading} (most recent call first):`, ...frames.map((frame) => `  File ${frame}`)].join('\n');
}

const ends = [`"${library}/threading.py", line 982 in run`, `"${library}/threading.py", line 1002 in _bootstrap`];
const idle = thread('Thread 0x01 [galley-app-2]', `"${ours}/wsgi/pool.py", line 73 in _work`, ...ends);
const idleOld = thread(
  'Thread 0x02',
  `"${library}/queue.py", line 9 in get`,
  `"${ours}/wsgi/pool.py", line 73 in _work`,
  ...ends,
);
const deathWatch = thread('Thread 0x03 [galley-death-watch]', `"${ours}/death_watch.py", line 53 in _watch`, ...ends);
const reader = thread(
  'Current thread 0x04',
  `"${ours}/wsgi/serve.py", line 53 in _read`,
  `"${ours}/__main__.py", line 7 in <module>`,
);
const appFrames = [
  `"${library}/ssl.py", line 1100 in read`,
  '"/srv/site/.venv/lib/python3.13/site-packages/requests/api.py", line 59 in get',
  '"/srv/site/shop.py", line 12 in slow',
];
const outward = [`"${ours}/wsgi/response.py", line 42 in run`, `"${ours}/wsgi/pool.py", line 80 in _work`, ...ends];
const busy = 'Thread 0x05 [galley-app-1]';

describe('appStacks', () => {
  it('leaves out threads of ours that are not in the app, and what leads to it', () => {
    const text = `${[thread(busy, ...appFrames, ...outward), idle, idleOld, deathWatch, reader].join('\n\n')}\n`;
    assert.equal(appStacks(text), thread(busy, ...appFrames));
  });

  it('keeps what the app has called of ours', () => {
    const frames = [
      `"${library}/threading.py", line 300 in wait`,
      `"${ours}/wsgi/input.py", line 40 in read`,
      ...appFrames,
    ];
    assert.equal(appStacks(thread(busy, ...frames, ...outward)), thread(busy, ...frames));
  });

  it('begins at the first frame that is no part of Python, where the app runs in an event loop', () => {
    const heading = 'Current thread 0x04';
    const loop = ['"<frozen runpy>", line 88 in _run_code', `"${ours}/__main__.py", line 7 in <module>`];
    const frames = [
      ...appFrames,
      `"${library}/asyncio/events.py", line 84 in _run`,
      `"${ours}/asgi/serve.py", line 33 in serve`,
    ];
    assert.equal(appStacks(thread(heading, ...frames, ...loop)), thread(heading, ...appFrames));
  });

  it('begins at the app in tasks, and leaves out those that are not in it', () => {
    const heading = 'Task galley-request';
    const lead = `"${ours}/asgi/stream.py", line 50 in run`;
    const idleTask = thread('Task Task-1', `"${ours}/asgi/serve.py", line 60 in _serve`);
    const text = [thread(heading, ...appFrames, lead), idleTask, reader].join('\n\n');
    assert.equal(appStacks(text), thread(heading, ...appFrames));
  });

  it("keeps threads of the app's own, and a stack that is cut off", () => {
    const own = thread('Thread 0x06', `"${library}/concurrent/futures/thread.py", line 58 in run`, ...ends);
    const deep = `${thread(busy, `"${ours}/wsgi/input.py", line 40 in read`)}\n  ...`;
    assert.equal(appStacks([own, deep, reader].join('\n\n')), [own, deep].join('\n\n'));
  });

  it('keeps all where nothing would be left', () => {
    const text = [idle, deathWatch, reader].join('\n\n');
    assert.equal(appStacks(`${text}\n`), text);
  });

  it('keeps a text of another form', () => assert.equal(appStacks('...\n'), '...'));
});
