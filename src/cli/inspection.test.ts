import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { appOptions } from '../../test/support/app-options.ts';
import type { AppInspection, LoadedApp } from '../app/supervision/zygote.ts';
import { type Inspected, inspectionJson, inspectionText } from './inspection.ts';

function inspected(loaded: Partial<LoadedApp> = {}, inspection: Partial<AppInspection> = {}): Inspected {
  return {
    app: appOptions({ directory: '/srv', threads: 4 }),
    python: { path: '/srv/.venv/bin/python', origin: 'from .venv' },
    loaded: {
      interface: 'asgi3',
      reason: 'a coroutine function',
      python: '3.13.1',
      implementation: 'CPython',
      gil: 'always',
      milliseconds: 12.6,
      preloaded: true,
      found: [],
      rss: 1,
      ...loaded,
    },
    inspection: {
      memory: { before: 20 * 1024 * 1024, after: 30.5 * 1024 * 1024 },
      files: [],
      framework: { name: 'FastAPI', version: '0.1' },
      frameworks: [
        { name: 'FastAPI', version: '0.1' },
        { name: 'Starlette', version: null },
      ],
      uvloop: null,
      lifespan: { state: 'supported', text: '' },
      ...inspection,
    },
  };
}

describe('inspectionText', () => {
  it('is a table', () => {
    assert.equal(
      inspectionText(inspected()),
      `App         main:app, in /srv
Interface   ASGI 3: a coroutine function
Framework   FastAPI 0.1; imported as well: Starlette
Lifespan    it has one; its startup was not run, --lifespan on runs it
Python      CPython 3.13.1, from .venv: /srv/.venv/bin/python
Event loop  asyncio
Import      13 ms, 10.5 MiB of 30.5 MiB in use
Left open   nothing
Workers     forked with the app imported
`,
    );
  });

  it('leaves out of a WSGI app what only ASGI has', () => {
    const text = inspectionText(inspected({ interface: 'wsgi' }, { lifespan: null, framework: null, frameworks: [] }));
    assert.doesNotMatch(text, /Lifespan|Event loop/);
    assert.match(text, /^Framework {3}none that is known$/m);
  });

  it('names what keeps workers from being forked, and the kind of Python', () => {
    const text = inspectionText(
      inspected({ preloaded: false, found: ['thread poller', 'socket ::1:5'], gil: 'off' }, { files: ['/srv/log'] }),
    );
    assert.match(text, /^Left open {3}thread poller, socket ::1:5, file \/srv\/log$/m);
    assert.match(text, /^Workers {5}each imports the app: thread poller, socket ::1:5$/m);
    assert.match(text, /^Python {6}CPython 3\.13\.1, free-threaded, from \.venv/m);
  });

  it('ends with why the startup failed', () => {
    const text = inspectionText(inspected({}, { lifespan: { state: 'failed', text: 'no database\n' } }));
    assert.match(text, /^Lifespan {4}startup failed$/m);
    assert.match(text, /\n\nno database\n$/);
  });
});

describe('inspectionJson', () => {
  it('has all that was found', () => {
    assert.deepEqual(inspectionJson(inspected()), {
      app: 'main:app',
      directory: '/srv',
      interface: 'asgi3',
      reason: 'a coroutine function',
      framework: { name: 'FastAPI', version: '0.1' },
      frameworks: [
        { name: 'FastAPI', version: '0.1' },
        { name: 'Starlette', version: null },
      ],
      lifespan: { state: 'supported', text: '' },
      python: {
        path: '/srv/.venv/bin/python',
        origin: 'from .venv',
        version: '3.13.1',
        implementation: 'CPython',
        gil: 'always',
      },
      uvloop: null,
      import: { milliseconds: 12.6, memory: { before: 20 * 1024 * 1024, after: 30.5 * 1024 * 1024 } },
      preloaded: true,
      found: [],
      files: [],
    });
  });
});
