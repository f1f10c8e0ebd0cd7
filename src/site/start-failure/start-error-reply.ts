import type { Exchange } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import { escapeHtml } from '../escape-html.ts';
import { prefersHtml } from '../prefers-html.ts';
import type { SourceExcerpt, StartFailure } from './start-failure.ts';

/** The header by which the page asks whether a failure is over: its id. */
export const failureHeader = 'galley-failure';
/** The status of the answer that there is nothing new. */
export const sameStatus = 202;

const html = HeaderList.of([
  ['content-type', 'text/html; charset=utf-8'],
  ['cache-control', 'no-store'],
]);
const text = HeaderList.of([
  ['content-type', 'text/plain; charset=utf-8'],
  ['cache-control', 'no-store'],
]);

/** The answer to every request while an app in development cannot start: a page for browsers, plain text for others. */
export function startErrorReply(failure: StartFailure, exchange: Exchange): Reply {
  const isPage = prefersHtml(exchange);
  const body = Buffer.from(isPage ? page(failure) : plain(failure));
  return { status: 500, headers: isPage ? html : text, body };
}

function plain({ title, message, traceback, place }: StartFailure): string {
  const lines = [title, ...(message === title ? [] : [message]), ...(place ? [placeText(place)] : [])];
  return `${lines.join('\n')}\n${traceback && `\n${traceback}\n`}`;
}

function page(failure: StartFailure): string {
  const { title, message, traceback, place } = failure;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:8vh auto;padding:0 1rem}
h1{font-size:1.5rem;overflow-wrap:anywhere}pre{overflow:auto;padding:.75rem;border:1px solid color-mix(in srgb,currentColor 25%,transparent);border-radius:.4rem}
pre,code{font:.85rem/1.5 ui-monospace,monospace}mark{display:block;background:color-mix(in srgb,crimson 25%,transparent);color:inherit}small{opacity:.7}</style>
<h1>${escapeHtml(title)}</h1>
${message === title ? '' : `<p>${escapeHtml(message)}</p>\n`}${place ? excerpt(place) : ''}${traceback && `<pre id="traceback">${escapeHtml(traceback)}</pre>\n`}<p><small>The app cannot start. This page loads again when a change has been saved. Galley shows it because of --reload.</small></p>
<script>${script(failure.id)}</script></html>
`;
}

function excerpt(place: SourceExcerpt): string {
  const rows = place.lines.map((source, index) => {
    const number = place.firstLine + index;
    const row = `${String(number).padStart(5)}  ${escapeHtml(source)}`;
    return number === place.line ? `<mark>${row}</mark>` : `${row}\n`;
  });
  return `<p><code>${escapeHtml(placeText(place))}</code></p>\n<pre id="source">${rows.join('')}</pre>\n`;
}

function placeText({ file, line }: SourceExcerpt): string {
  return `${file}, line ${line}`;
}

/** Asks, which is answered soon and at once when there is something new, and loads the page again then. 503 is a Galley that stops; where nobody answers it asks on. */
function script(id: string): string {
  return `(async function wait() {
  try {
    const answer = await fetch(location.href, { headers: { '${failureHeader}': '${id}' }, cache: 'no-store' });
    if (answer.status === ${sameStatus}) return wait();
    if (answer.status !== 503) return location.reload();
  } catch {}
  setTimeout(wait, 1000);
})();`;
}
