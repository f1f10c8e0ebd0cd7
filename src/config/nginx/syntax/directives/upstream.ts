import { type DirectiveRule, http, later, rule, upstream } from './rule.ts';

const reverseProxy = later('the reverse proxy');

/** Groups of upstream servers. */
export const upstreamDirectives: readonly DirectiveRule[] = [
  rule('upstream', http, '1 many block', reverseProxy),
  rule('server', upstream, '1+ many', reverseProxy),
  rule('hash', upstream, '1-2 many', reverseProxy),
  rule('ip_hash', upstream, '0 many', reverseProxy),
  rule('keepalive', upstream, '1 once', reverseProxy),
  rule('keepalive_time', upstream, '1 once', reverseProxy),
  rule('keepalive_timeout', upstream, '1 once', reverseProxy),
  rule('keepalive_requests', upstream, '1 once', reverseProxy),
  rule('least_conn', upstream, '0 many', reverseProxy),
  rule('random', upstream, '0-2 many', reverseProxy),
  rule('zone', upstream, '1-2 many', reverseProxy),
  rule('resolver', upstream, '1+ once', reverseProxy),
  rule('resolver_timeout', upstream, '1 once', reverseProxy),
  rule('sticky', upstream, '1+ once', reverseProxy),
];
