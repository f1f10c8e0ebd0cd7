import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Browser, launchBrowser, noBrowser, type Page, shows } from '../support/browser.ts';
import { type Galley, startGalley } from '../support/galley.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));
const chat = fileURLToPath(new URL('../../examples/websocket-chat', import.meta.url));

describe('In Chromium', { skip: noBrowser }, () => {
  let browser: Browser;
  const errors: Error[] = [];
  before(async () => {
    browser = await launchBrowser();
  });

  async function openPage(galley: Galley): Promise<Page> {
    const page = await browser.newPage();
    page.on('pageerror', (error) => errors.push(error));
    await page.goto(galley.url);
    return page;
  }

  async function comeAboard(galley: Galley, name: string): Promise<Page> {
    const page = await openPage(galley);
    await page.fill('#join input', name);
    await page.click('#join button');
    return page;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.fill('#say input', text);
    await page.press('#say input', 'Enter');
  }

  it('two tabs chat over WebSockets', async () => {
    await using galley = await startGalley('main:app', { cwd: chat, args: ['--workers', '1'] });
    const ana = await comeAboard(galley, 'Ana');
    await shows(ana, '#crew', 'Aboard: Ana');
    await shows(ana, 'button:visible', 'Send');
    const ben = await comeAboard(galley, 'Ben');
    await shows(ana, '#crew', 'Aboard: Ana, Ben');
    await say(ana, 'Land ahead!');
    await shows(ben, '#messages li', 'Ben came aboard', 'Ana: Land ahead!');
    await say(ben, '<b>Žluté</b> pobřeží 🏝️');
    await shows(
      ana,
      '#messages li',
      'Ana came aboard',
      'Ben came aboard',
      'Ana: Land ahead!',
      'Ben: <b>Žluté</b> pobřeží 🏝️',
    );
    await ben.close();
    await shows(ana, '#crew', 'Aboard: Ana');
    await shows(ana, '#messages li:last-child', 'Ben left');
    assert.equal(await galley.stop(), 0);
    await shows(ana, '#crew', 'The connection is gone');
    await shows(ana, 'button:visible', 'Come aboard');
    await ana.close();
  });

  it('an EventSource shows events as they are posted, and goes on after the last when its stream has ended', async () => {
    await using galley = await startGalley('sse_app:app', { cwd: apps, args: ['--workers', '1'] });
    const post = async (event: Readonly<Record<string, unknown>>): Promise<unknown> =>
      (await fetch(`${galley.url}/events/page`, { method: 'POST', body: JSON.stringify(event) })).json();
    const page = await openPage(galley);
    await shows(page, '#state', 'open');
    assert.equal(await post({ data: 'ahoy', retry: 20 }), 1);
    await shows(page, '#events li', 'message 0: ahoy');
    assert.equal(await post({ data: 'wind from the west', event: 'weather' }), 1);
    await shows(page, '#events li', 'message 0: ahoy', 'weather 1: wind from the west');
    await fetch(`${galley.url}/end/page`, { method: 'POST' });
    await post({ data: 'land' });
    await shows(page, '#events li', 'message 0: ahoy', 'weather 1: wind from the west', 'message 2: land');
    await shows(page, '#state', 'open');
    await page.close();
  });

  it('socket.io-client goes from polling to a WebSocket and shows what it is told', async () => {
    await using galley = await startGalley('socketio_app:app', { cwd: apps, args: ['--workers', '1'] });
    const page = await openPage(galley);
    await shows(page, '#transport', 'websocket');
    await shows(page, '#answer', '["ahoy",7]');
    await shows(page, '#bytes', '3: 1 2 254');
    await page.close();
  });

  it('no page had an error', () => assert.deepEqual(errors, []));

  after(async () => {
    await browser?.close();
  });
});
