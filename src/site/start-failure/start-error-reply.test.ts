import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeExchange } from '../../../test/support/fake-exchange.ts';
import type { Exchange } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import { startErrorReply } from './start-error-reply.ts';
import type { StartFailure } from './start-failure.ts';

const failure: StartFailure = {
  id: 'f-1',
  title: 'RuntimeError: <cold>',
  message: 'Cannot import "main": it raised RuntimeError',
  traceback: 'Traceback\nRuntimeError: <cold>',
  place: { file: '/srv/<a>.py', line: 2, firstLine: 1, lines: ['if x < 1:', '    raise', ''] },
};

function accepting(accept: string): Exchange {
  const exchange = fakeExchange('/');
  return { ...exchange, request: { ...exchange.request, headers: HeaderList.of([['accept', accept]]) } };
}

function textOf(shown: StartFailure, accept: string): string {
  return Buffer.from(startErrorReply(shown, accepting(accept)).body as Uint8Array).toString();
}

describe('startErrorReply', () => {
  it('is a 500 that no cache keeps', () => {
    for (const accept of ['text/html', 'application/json']) {
      const { status, headers } = startErrorReply(failure, accepting(accept));
      assert.deepEqual([status, headers.get('cache-control')], [500, 'no-store']);
    }
  });

  it('is plain text, the exception first, where HTML is not asked for', () => {
    assert.equal(
      textOf(failure, 'application/json'),
      'RuntimeError: <cold>\nCannot import "main": it raised RuntimeError\n/srv/<a>.py, line 2\n\nTraceback\nRuntimeError: <cold>\n',
    );
  });

  it('says a message that is all there is once', () => {
    const bare = { ...failure, title: 'No app', message: 'No app', traceback: '', place: undefined };
    assert.equal(textOf(bare, '*/*'), 'No app\n');
    assert.equal(textOf(bare, 'text/html').split('No app').length, 3, 'in the title and in the heading');
  });

  it('is a page with the line marked, everything escaped', () => {
    const page = textOf(failure, 'text/html,application/xhtml+xml');
    assert.match(page, /<h1>RuntimeError: &lt;cold&gt;<\/h1>/);
    assert.match(page, /\/srv\/&lt;a&gt;\.py, line 2/);
    assert.match(page, / {4}1 {2}if x &lt; 1:\n<mark> {4}2 {6}raise<\/mark>/);
    assert.ok(!page.includes('<cold>') && !page.includes('<a>'));
    assert.ok(page.includes("'galley-failure': 'f-1'"));
  });
});
