import type { ErrorPage } from '../plan/settings.ts';
import type { CompileContext } from './compile-context.ts';
import type { InternalRedirect, StatusOutcome } from './outcome.ts';
import { sentStatus } from './sent-status.ts';
import type { SiteRequest } from './site-request.ts';
import type { CompiledTemplate } from './variables/template.ts';

interface CompiledPage {
  readonly status: ErrorPage['status'];
  readonly target: CompiledTemplate;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What answers in place of failed requests: nginx's `error_page`. */
export class ErrorPages {
  readonly #pages: Map<number, CompiledPage> = new Map();

  /** The first page that is for a status counts. Throws PlanError. */
  constructor(pages: readonly ErrorPage[], context: CompileContext) {
    for (const { statuses, status, target } of pages) {
      const page = { status, target: context.template(target) };
      for (const each of statuses) if (!this.#pages.has(each)) this.#pages.set(each, page);
    }
  }

  /** Whether there is a page for a status. */
  has(status: number): boolean {
    return this.#pages.has(status);
  }

  /** What a failed request leads to; undefined where the page is ours. The status that the client will get is kept in the request. */
  find(request: SiteRequest, failed: number): InternalRedirect | StatusOutcome | undefined {
    const page = this.#pages.get(failed);
    if (!page) return undefined;
    const status = page.status === 'handler' ? undefined : (page.status ?? sentStatus(failed));
    // What `$status` in it is.
    request.errorStatus = failed;
    const target = page.target.evaluate(request);
    request.errorStatus = undefined;
    if (target.startsWith('@')) {
      request.errorStatus = status;
      return { kind: 'redirect', target, args: undefined };
    }
    if (!target.startsWith('/')) {
      const isRedirect = status !== undefined && redirectStatuses.has(status);
      return { kind: 'status', status: isRedirect ? status : 302, location: target };
    }
    request.errorStatus = status;
    if (request.method !== 'HEAD') request.method = 'GET';
    const mark = target.indexOf('?');
    return mark < 0
      ? { kind: 'redirect', target, args: '' }
      : { kind: 'redirect', target: target.slice(0, mark), args: target.slice(mark + 1) };
  }
}
