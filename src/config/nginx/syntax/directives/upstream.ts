import { type DirectiveRule, full, http, ignored, never, rule, upstream } from './rule.ts';

const shared = ignored('front threads always share what they know of servers');

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
  rule('least_time', upstream, '1-2 many', full),
  rule('least_conn', upstream, '0 many', full),
  rule('random', upstream, '0-2 many', full),
  rule('zone', upstream, '1-2 many', shared),
  rule('resolver', upstream, '1+ once', full),
  rule('resolver_timeout', upstream, '1 once', full),
  rule('sticky', upstream, '1+ once', full),
  rule('queue', upstream, '1-2 once', full),
  rule('state', upstream, '1 once', never('servers are in the config; "galley upstreams" changes them while it runs')),
  rule('ntlm', upstream, '0 once', never('Galley binds no connection of an upstream to that of a client')),
  rule('health_check', ['location'], '0+ many', full),
  rule('match', http, '1 many entries', full),
];
