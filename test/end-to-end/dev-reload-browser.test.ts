import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../support/app-folder.ts';
import { type Browser, launchBrowser, noBrowser, type Page } from '../support/browser.ts';
import { startGalley } from '../support/galley.ts';
import { until } from '../support/until.ts';

/** A WSGI app that answers with a page of one heading. */
function heading(text: string): string {
  return `
def app(environ, start_response):
    start_response('200 OK', [('content-type', 'text/html')])
    return [b'<!doctype html><h1>${text}</h1>']
`;
}

/** Resolves when the element shows the text, also if the page is loaded anew meanwhile. */
async function shows(page: Page, selector: string, text: string): Promise<void> {
  const seen = (): Promise<string[]> =>
    page
      .locator(selector)
      .allInnerTexts()
      .catch(() => []);
  await until(async () => (await seen())[0] === text, `${selector} shows ${text}`);
}

describe('the error page of galley --reload, in a browser', { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });

  it('gives way to the next error and to the app without being touched', async () => {
    await using folder = await AppFolder.with({ 'main.py': 'x = 1\nraise RuntimeError("<one>")\n' });
    await using galley = await startGalley('main:app', { cwd: folder.path, args: ['--reload'] });
    const page = await browser.newPage();
    const scriptErrors: Error[] = [];
    page.on('pageerror', (error) => scriptErrors.push(error));
    await page.goto(galley.url);
    await shows(page, 'h1', 'RuntimeError: <one>');
    await shows(page, 'mark', '    2  raise RuntimeError("<one>")');
    await folder.write('main.py', 'raise RuntimeError("two")\n');
    await shows(page, 'h1', 'RuntimeError: two');
    await folder.write('main.py', heading('the app'));
    await shows(page, 'h1', 'the app');
    assert.deepEqual(scriptErrors, []);
    await page.close();
    assert.equal(await galley.stop(), 0);
  });

  it('leaves room for others however many pages show it', async () => {
    await using folder = await AppFolder.with({ 'main.py': 'raise RuntimeError("one")\n' });
    await using galley = await startGalley('main:app', { cwd: folder.path, args: ['--reload'] });
    const context = await browser.newContext();
    const pages: Page[] = [];
    for (let count = 1; count <= 7; count++) {
      const page = await context.newPage();
      await page.goto(galley.url);
      await shows(page, 'h1', 'RuntimeError: one');
      pages.push(page);
    }
    await folder.write('main.py', heading('the app'));
    for (const page of pages) await shows(page, 'h1', 'the app');
    await context.close();
    assert.equal(await galley.stop(), 0);
  });

  after(() => browser?.close());
});
