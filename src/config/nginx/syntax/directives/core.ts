import { type DirectiveRule, events, full, ignored, later, main, rule } from './rule.ts';

const ownProcesses = ignored('Galley has processes of its own');
const builtIn = ignored('the modules that Galley has are built in');
const eventLoop = ignored('Galley has an event loop of its own');
const patterns = ignored('Galley compiles patterns its own way');
const tls = later('TLS');

/** The process and its event loop. */
export const coreDirectives: readonly DirectiveRule[] = [
  rule('daemon', main, 'flag once', full),
  rule('master_process', main, 'flag once', ownProcesses),
  rule('timer_resolution', main, '1 once', ownProcesses),
  rule('pid', main, '1 once', full),
  rule('lock_file', main, '1 once', ownProcesses),
  rule('worker_processes', main, '1 once', full),
  rule('debug_points', main, '1 once', ownProcesses),
  rule('user', main, '1-2 once', full),
  rule('worker_priority', main, '1 once', ownProcesses),
  rule('worker_cpu_affinity', main, '1+ once', ownProcesses),
  rule('worker_rlimit_nofile', main, '1 once', full),
  rule('worker_rlimit_core', main, '1 once', ownProcesses),
  rule('worker_shutdown_timeout', main, '1 once', full),
  rule('working_directory', main, '1 once', ownProcesses),
  rule('env', main, '1 many', full),
  rule('load_module', main, '1 many', builtIn),
  rule('google_perftools_profiles', main, '1 once', eventLoop),
  rule('error_log', main, '1+ many', full),
  rule('ssl_engine', main, '1 once', tls),
  rule('ssl_object_cache_inheritable', main, 'flag once', tls),
  rule('pcre_jit', main, 'flag once', patterns),
  rule('thread_pool', main, '2-3 many', eventLoop),
  rule('events', main, '0 once block', full),
  rule('worker_connections', events, '1 once', full),
  rule('use', events, '1 once', eventLoop),
  rule('multi_accept', events, 'flag once', eventLoop),
  rule('accept_mutex', events, 'flag once', eventLoop),
  rule('accept_mutex_delay', events, '1 once', eventLoop),
  rule('debug_connection', events, '1 many', eventLoop),
  rule('epoll_events', events, '1 once', eventLoop),
  rule('worker_aio_requests', events, '1 once', eventLoop),
];
