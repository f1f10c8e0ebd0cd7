import { resolve } from 'node:path';
import type { ProxiedPath } from '../config/one-site.ts';
import { type ProxyUrl, parseProxyUrl } from '../config/proxy-url.ts';
import type { ProxyOption } from './option-table.ts';
import { UsageError } from './usage-error.ts';

/** Whether a text of the command line is a URL, or the path of a socket, rather than an app or a folder. */
export function isProxyTarget(text: string): boolean {
  return /^unix:|^[a-z][a-z\d+.-]*:\/\//i.test(text);
}

/** What is wrong with a text that is a host and a port, where an app or a URL is wanted; undefined for any other text. */
export function hostProblem(text: string): string | undefined {
  return /^[\w.-]*:\d+(\/|$)/.test(text) ? `for a reverse proxy, ${meantUrl(text)}` : undefined;
}

/** The URL of `galley URL`. Throws UsageError. */
export function proxyTarget(text: string, currentFolder: string): ProxyUrl {
  return urlOf(text, `"${text}"`, currentFolder);
}

/** What `--proxy` says. Throws UsageError. */
export function proxiedPaths(options: readonly ProxyOption[], currentFolder: string): readonly ProxiedPath[] {
  const seen = new Set<string>();
  return options.map(({ path, url }) => {
    const given = `--proxy "${path}=${url}"`;
    if (path === '/') throw new UsageError(`Cannot use ${given}: for / alone, write "galley ${url}"`);
    if (/[?#\s]/.test(path)) throw new UsageError(`Cannot use ${given}: a path holds neither spaces nor ? and #`);
    if (seen.has(path)) throw new UsageError(`Cannot use ${given}: another --proxy is for ${path} already`);
    seen.add(path);
    return { path, url: urlOf(url, given, currentFolder) };
  });
}

function urlOf(text: string, given: string, currentFolder: string): ProxyUrl {
  const url = text.startsWith('unix:') ? `http://${text}` : text;
  const meant = meantUrl(url);
  if (meant !== undefined) throw new UsageError(`Cannot use ${given}: ${meant}`);
  let read: ProxyUrl;
  try {
    read = parseProxyUrl(url, (path) => resolve(currentFolder, path));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`Cannot use ${given}: ${error.message}`);
  }
  if (read.uri?.includes('?')) throw new UsageError(`Cannot use ${given}: requests have a query of their own`);
  return read;
}

/** What was probably meant by a text without the scheme of a URL, or with another one. */
function meantUrl(text: string): string | undefined {
  const [, scheme, rest = ''] = /^([a-z][a-z\d+.-]*):\/\/(.*)$/i.exec(text) ?? [];
  if (scheme === undefined)
    return `write "http://${/^:?\d+$/.test(text) ? `127.0.0.1:${text.replace(':', '')}` : text}"`;
  if (/^https?$/i.test(scheme)) return undefined;
  const plain = { ws: 'http', h2c: 'http', wss: 'https' }[scheme.toLowerCase()];
  return plain === undefined
    ? `it takes http:// or https://, not ${scheme}://`
    : `write "${plain}://${rest}", which takes WebSockets too`;
}
