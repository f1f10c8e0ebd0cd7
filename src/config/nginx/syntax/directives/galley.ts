import { app, type DirectiveRule, full, mainAndHttp, passingAndExcept, rule } from './rule.ts';

/** What nginx does not have: apps. In an `app` block stand the fields of AppConfig. */
export const galleyDirectives: readonly DirectiveRule[] = [
  rule('app', mainAndHttp, '1 many block', full),
  rule('app_pass', passingAndExcept, '1 once content', full),
  rule('python', app, '1 once', full),
  rule('directory', app, '1 once', full),
  rule('interpreter', app, '1 once', full),
  rule('interface', app, '1 once', full),
  rule('factory', app, 'flag once', full),
  rule('lifespan', app, '1 once', full),
  rule('root_path', app, '1 once', full),
  rule('workers', app, '1-2 once', full),
  rule('threads', app, '1 once', full),
  rule('concurrency', app, '1 once', full),
  rule('queue_size', app, '1 once', full),
  rule('queue_timeout', app, '1 once', full),
  rule('preload', app, '1 once', full),
  rule('max_requests', app, '1 once', full),
  rule('max_requests_jitter', app, '1 once', full),
  rule('max_rss', app, '1 once', full),
  rule('max_lifetime', app, '1 once', full),
  rule('request_timeout', app, '1 once', full),
  rule('graceful_timeout', app, '1 once', full),
  rule('environment', app, '2 many', full),
];
