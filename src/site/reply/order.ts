import type { Settings } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { ReplyFilter } from '../steps.ts';
import { heedsAcceleratedFields, takeAcceleratedFields } from './accelerated-fields.ts';
import { createAddition } from './addition.ts';
import { createCharset } from './charset.ts';
import { createCompression } from './compress.ts';
import { createExpires } from './expires.ts';
import { createGunzip } from './gunzip.ts';
import { createAddedFields, createAddedTrailers, createServerHeader } from './headers.ts';
import { createRateLimit } from './limit-rate.ts';
import { createSubstitution } from './substitution.ts';

/**
 * What is done to the answers of a location, in this order, which is nginx's; what its settings do not use is left out. `version` is
 * Galley's. Where an answer is not text, too short, has no content and so on, a filter gives the same reply. Throws PlanError.
 */
export function createReplyFilters(
  settings: Settings,
  context: CompileContext,
  version: string,
): readonly ReplyFilter[] {
  const { content } = settings;
  const filters = [
    // First: what an app tells the server is meant for those behind it.
    heedsAcceleratedFields(settings) ? takeAcceleratedFields : undefined,
    // Before what adds fields: `cache-control` of `expires` replaces the app's, that of `add_header` comes beside it.
    createExpires(settings.expires, context),
    // Before what changes content: nginx sets an ETag that is then made weak.
    createAddedFields(settings.headers, context),
    createServerHeader(settings, version),
    // Before what looks into content: it must be text by then.
    createGunzip(settings.gunzip),
    // Before the next two: what is put around the content is part of it.
    createAddition(settings.addition, context),
    // Before the charset: it looks for bytes as the config and the files have them.
    createSubstitution(settings.substitution, context),
    createCharset(settings.charset, context),
    // Behind what changes text: nothing can be found in content that is compressed.
    createCompression(settings.compression, content.kind === 'files', context),
    // Behind what changes content: they are sent when it has ended.
    createAddedTrailers(settings.trailers, context),
    // Last: it counts the bytes that are sent. Always there: `set $limit_rate` may come from anywhere.
    createRateLimit(settings, context),
  ];
  return filters.filter((filter) => filter !== undefined);
}
