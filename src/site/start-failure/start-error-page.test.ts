import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FakeExchange, fakeExchange } from '../../../test/support/fake-exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import { StartErrorPage } from './start-error-page.ts';
import { describeStartFailure, type StartFailure } from './start-failure.ts';

function failure(message: string): StartFailure {
  return describeStartFailure(new Error(message), '/srv');
}

/** What the page of a failure asks with. */
function asking(id: string): FakeExchange {
  const exchange = fakeExchange('/');
  return { ...exchange, request: { ...exchange.request, headers: HeaderList.of([['galley-failure', id]]) } };
}

async function statusOf(answer: Reply | Promise<Reply> | undefined): Promise<number | undefined> {
  return (await answer)?.status;
}

function shownId(page: StartErrorPage): string {
  const exchange = fakeExchange('/');
  const request = { ...exchange.request, headers: HeaderList.of([['accept', 'text/html']]) };
  const reply = page.answer({ ...exchange, request }) as Reply;
  return /'galley-failure': '(.+?)'/.exec(Buffer.from(reply.body as Uint8Array).toString())![1]!;
}

describe('StartErrorPage', () => {
  it('answers nothing while the app runs', async () => {
    const page = new StartErrorPage();
    assert.equal(page.answer(fakeExchange('/')), undefined);
    page.show(failure('no database'));
    assert.equal(await statusOf(page.answer(fakeExchange('/'))), 500);
    page.show(undefined);
    assert.equal(page.answer(fakeExchange('/')), undefined);
  });

  it('answers a page that asks whether its failure is over at once where it is', async () => {
    const page = new StartErrorPage();
    assert.equal(await statusOf(page.answer(asking('x'))), 204);
    page.show(failure('one'));
    const one = shownId(page);
    page.show(failure('two'));
    assert.notEqual(shownId(page), one);
    assert.equal(await statusOf(page.answer(asking(one))), 204);
  });

  it('lets a page wait until its failure is over', async () => {
    const page = new StartErrorPage();
    page.show(failure('one'));
    const answers = [page.answer(asking(shownId(page))), page.answer(asking(shownId(page)))];
    page.show(undefined);
    assert.deepEqual(await Promise.all(answers.map(statusOf)), [204, 204]);
  });

  it('forgets a page that was closed, and sends those that wait away when Galley stops', async () => {
    const page = new StartErrorPage();
    page.show(failure('one'));
    const closed = asking(shownId(page));
    const answer = page.answer(closed);
    const waiting = page.answer(asking(shownId(page)));
    closed.abort('client-closed');
    await assert.rejects(statusOf(answer), { code: 'client-closed' });
    page.close();
    await assert.rejects(statusOf(waiting), { code: 'shutting-down' });
    await assert.rejects(statusOf(page.answer(asking(shownId(page)))), { code: 'shutting-down' });
  });

  it('lets a page wait for a second at most, and then ask again', async ({ mock }) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const page = new StartErrorPage();
    page.show(failure('one'));
    const answer = page.answer(asking(shownId(page)));
    mock.timers.tick(1_000);
    assert.equal(await statusOf(answer), 202);
  });

  it('lets only a page wait, which asks with GET', async () => {
    const page = new StartErrorPage();
    page.show(failure('one'));
    const asked = asking(shownId(page));
    for (const method of ['HEAD', 'POST']) {
      const exchange = { ...asked, request: { ...asked.request, method } };
      assert.equal(await statusOf(page.answer(exchange)), 500, method);
      page.show(undefined);
      assert.equal(page.answer(exchange), undefined);
      page.show(failure('one'));
    }
  });
});
