import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { until } from './until.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome'];
const path = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find(existsSync);

/** Why tests with a browser are skipped on this machine, or false. */
export const noBrowser: string | false = path === undefined && 'there is no Chromium in PATH';

/** What the tests use of Playwright. Its own types need those of the DOM, which must not be known to the rest of the code. */
interface Playwright {
  readonly chromium: {
    launch(options: {
      readonly executablePath: string | undefined;
      readonly args: readonly string[];
    }): Promise<Browser>;
  };
}

export interface Browser {
  /** Pages of one context share their connections to a server; a page that is made without has a context of its own. */
  newContext(): Promise<BrowserContext>;
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

export interface BrowserContext {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

export interface Page {
  goto(url: string): Promise<unknown>;
  /** Puts the text into a field. */
  fill(selector: string, text: string): Promise<void>;
  /** Presses a key in an element. */
  press(selector: string, key: string): Promise<void>;
  click(selector: string): Promise<void>;
  /** What an expression of the page comes to, once it is there. */
  evaluate(expression: string): Promise<unknown>;
  locator(selector: string): { allInnerTexts(): Promise<string[]> };
  on(event: 'pageerror', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

/** Starts Chromium without a window, with more options of its command line. */
export function launchBrowser(...options: readonly string[]): Promise<Browser> {
  const { chromium } = createRequire(import.meta.url)('playwright-core') as Playwright;
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', ...options] });
}

/** Resolves when the texts on screen of the elements, in order, are those. */
export async function shows(page: Page, selector: string, ...texts: readonly string[]): Promise<void> {
  let seen: readonly string[] = [];
  await until(
    async () => {
      seen = await page.locator(selector).allInnerTexts();
      return seen.join('\n') === texts.join('\n');
    },
    () => `${selector} shows ${JSON.stringify(texts)}; it shows ${JSON.stringify(seen)}`,
  );
}
