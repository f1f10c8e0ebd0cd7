import type { SiteRequest } from '../site-request.ts';

/** The value of a variable for a request, latin-1; undefined where nginx calls it "not found". */
export type Evaluate = (request: SiteRequest) => string | undefined;
