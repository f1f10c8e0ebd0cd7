import { type DirectiveRule, full, http, rule, upstream } from './rule.ts';

/** Groups of upstream servers. */
export const upstreamDirectives: readonly DirectiveRule[] = [
  rule('upstream', http, '1 many block', full),
  rule('server', upstream, '1+ many', full),
  rule('hash', upstream, '1-2 many', full),
  rule('ip_hash', upstream, '0 many', full),
  rule('keepalive', upstream, '1 once', full),
  rule('keepalive_time', upstream, '1 once', full),
  rule('keepalive_timeout', upstream, '1 once', full),
  rule('keepalive_requests', upstream, '1 once', full),
  rule('least_conn', upstream, '0 many', full),
  rule('random', upstream, '0-2 many', full),
  rule('zone', upstream, '1-2 many', full),
  rule('resolver', upstream, '1+ once', full),
  rule('resolver_timeout', upstream, '1 once', full),
  rule('sticky', upstream, '1+ once', full),
];
