import type { RequestHead } from '../core/exchange.ts';
import { listElements, listsElement } from './list-field.ts';

/**
 * Whether a request asks to go on in another protocol: in HTTP/1.1, with the connection option (RFC 9110 §7.8). One for `h2c` alone is
 * ignored, as one that nobody makes any more (RFC 9113 §3.1).
 */
export function wantsUpgrade({ version, headers }: Pick<RequestHead, 'version' | 'headers'>): boolean {
  if (version !== '1.1' || !listsElement(headers, 'connection', 'upgrade')) return false;
  return listElements(headers, 'upgrade').some((protocol) => protocol.toLowerCase() !== 'h2c');
}
