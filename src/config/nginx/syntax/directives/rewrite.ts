import { type DirectiveRule, full, http, ignored, later, locations, rewriting, rule } from './rule.ts';

const tables = ignored('Galley sizes its tables itself');
const rewriteLog = ignored('the debug log tells of rewrites');
const browsers = later('the variables of browsers');

/** Rewriting and variables. */
export const rewriteDirectives: readonly DirectiveRule[] = [
  rule('rewrite', rewriting, '2-3 many', full),
  rule('return', rewriting, '1-2 many', full),
  rule('break', rewriting, '0 many', full),
  rule('if', ['server', 'location'], '1+ many block', full),
  rule('set', rewriting, '2 many', full),
  rule('rewrite_log', ['http', 'server', 'location', 'server-if', 'location-if'], 'flag once', rewriteLog),
  rule(
    'uninitialized_variable_warn',
    ['http', 'server', 'location', 'server-if', 'location-if'],
    'flag once',
    rewriteLog,
  ),
  rule('map', http, '2 many entries', full),
  rule('map_hash_max_size', http, '1 once', tables),
  rule('map_hash_bucket_size', http, '1 once', tables),
  rule('geo', http, '1-2 many entries', full),
  rule('split_clients', http, '2 many entries', full),
  rule('modern_browser', locations, '1-2 many', browsers),
  rule('ancient_browser', locations, '1+ many', browsers),
  rule('modern_browser_value', locations, '1 many', browsers),
  rule('ancient_browser_value', locations, '1 many', browsers),
];
