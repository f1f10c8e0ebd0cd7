import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gilNote } from './gil-note.ts';

describe('gilNote', () => {
  it('says nothing of an ordinary Python', () => {
    assert.equal(gilNote({ gil: 'always', interface: 'asgi3' }), undefined);
    assert.equal(gilNote({ gil: 'always', interface: 'wsgi' }), undefined);
  });

  it('says of a free-threaded one what runs in parallel', () => {
    assert.match(gilNote({ gil: 'off', interface: 'wsgi' }) ?? '', /WSGI worker run in parallel/);
    for (const spoken of ['asgi3', 'asgi2'] as const) {
      assert.match(gilNote({ gil: 'off', interface: spoken }) ?? '', /ASGI worker runs one event loop in one thread/);
    }
    assert.match(gilNote({ gil: 'on', interface: 'wsgi' }) ?? '', /has the GIL on/);
  });
});
