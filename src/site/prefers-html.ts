import type { Exchange } from '../core/exchange.ts';

/** Whether a page can be shown: browsers name HTML in Accept, programs do not. */
export function prefersHtml(exchange: Exchange): boolean {
  return exchange.request.headers.get('accept')?.includes('text/html') ?? false;
}
