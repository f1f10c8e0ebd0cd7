import type { SiteRequest } from '../site-request.ts';

/** Text with variables, ready to be evaluated. */
export interface CompiledTemplate {
  /** The text where it has no variables, as latin-1 of its UTF-8 bytes. */
  readonly constant: string | undefined;
  /** Latin-1; a variable without a value is ''. */
  evaluate(request: SiteRequest): string;
}
