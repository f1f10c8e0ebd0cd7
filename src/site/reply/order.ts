import type { CompileContext } from '../compile-context.ts';
import type { Settings } from '../plan/settings.ts';
import type { ReplyFilter } from '../steps.ts';
import { createCompression } from './compress.ts';
import { createExpires } from './expires.ts';
import { createAddedFields, createAddedTrailers, createServerHeader } from './headers.ts';

/**
 * What is done to the answers of a location, in this order; what its settings do not use is left out. `version` is Galley's.
 * `request.reply` is the answer before each of them, for the variables that tell of it. Throws PlanError.
 */
export function createReplyFilters(
  settings: Settings,
  context: CompileContext,
  version: string,
): readonly ReplyFilter[] {
  const filters = [
    // Before what adds fields: `cache-control` of `expires` replaces the app's, that of `add_header` comes beside it.
    createExpires(settings.expires, context),
    // Before what changes content: variables tell of the answer as it was made.
    createAddedFields(settings.headers, context),
    createServerHeader(settings, version),
    // Behind what changes text: nothing can be found in content that is compressed.
    createCompression(settings.compression, settings.content.kind === 'files', context),
    // Behind what changes content: they are sent when it has ended.
    createAddedTrailers(settings.trailers, context),
  ];
  return filters.filter((filter) => filter !== undefined);
}
