import { type DirectiveRule, full, http, ignored, locations, rule } from './rule.ts';

const tables = ignored('Galley sizes its tables itself');

/** Who may do what, and how often. */
export const accessDirectives: readonly DirectiveRule[] = [
  rule('allow', ['http', 'server', 'location', 'limit_except'], '1 many', full),
  rule('deny', ['http', 'server', 'location', 'limit_except'], '1 many', full),
  rule('auth_basic', ['http', 'server', 'location', 'limit_except'], '1 once', full),
  rule('auth_basic_user_file', ['http', 'server', 'location', 'limit_except'], '1 once', full),
  rule('auth_request', locations, '1 once', full),
  rule('auth_request_set', locations, '2 many', full),
  rule('limit_conn_zone', http, '2 many', full),
  rule('limit_conn', locations, '2 many', full),
  rule('limit_conn_log_level', locations, '1 once', full),
  rule('limit_conn_status', locations, '1 once', full),
  rule('limit_conn_dry_run', locations, 'flag once', full),
  rule('limit_req_zone', http, '3 many', full),
  rule('limit_req', locations, '1-3 many', full),
  rule('limit_req_log_level', locations, '1 once', full),
  rule('limit_req_status', locations, '1 once', full),
  rule('limit_req_dry_run', locations, 'flag once', full),
  rule('set_real_ip_from', locations, '1 many', full),
  rule('real_ip_header', locations, '1 once', full),
  rule('real_ip_recursive', locations, 'flag once', full),
  rule('valid_referers', ['server', 'location'], '1+ many', full),
  rule('referer_hash_max_size', ['server', 'location'], '1 once', tables),
  rule('referer_hash_bucket_size', ['server', 'location'], '1 once', tables),
  rule('secure_link', locations, '1 once', full),
  rule('secure_link_md5', locations, '1 once', full),
  rule('secure_link_secret', locations, '1 once', full),
];
