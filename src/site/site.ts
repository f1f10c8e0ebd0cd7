import { emptyBody } from '../core/body.ts';
import type { Handler } from '../core/handler.ts';
import { HeaderList } from '../core/headers.ts';
import type { Reply } from '../core/reply.ts';

/** `OPTIONS *` asks about the server, not about an app (RFC 9110 §9.3.7). */
const serverOptions: Reply = {
  status: 204,
  headers: HeaderList.of([['allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']]),
  body: emptyBody,
};

/** Where requests go: all to one app, but for those that concern the server itself. */
export function createSite(app: Handler): Handler {
  return (exchange) => (exchange.request.target === '*' ? serverOptions : app(exchange));
}
