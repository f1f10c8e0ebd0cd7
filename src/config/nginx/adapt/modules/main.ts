import type { ErrorLogLevel, ErrorLogPlan } from '../../../../plan/log-plan.ts';
import type { ProcessConfig } from '../../../config.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handler, type Handlers, readFlag } from '../handlers.ts';
import { Scope } from '../scope.ts';
import { parseMilliseconds, parseNumber } from '../values.ts';
import { settleTls } from './ssl-servers.ts';
import { collectUpstreamNames } from './upstream.ts';

/** nginx's core and events modules: what concerns the process. */
export const mainHandlers: Handlers = {
  events: ({ block }, scope, adaptation) => adaptation.run(block ?? [], scope),
  http: ({ block }, main, adaptation) => {
    const scope = new Scope(main);
    collectUpstreamNames(block ?? [], adaptation);
    adaptation.run(block ?? [], scope);
    adaptation.http = scope.block;
    adaptation.later(() => settleTls(scope, adaptation));
  },

  worker_processes: (directive, _scope, adaptation) => {
    const { text } = argument(directive, 0);
    const count = text === 'auto' ? text : parseNumber(text);
    if (count === undefined) adaptation.error(argument(directive, 0), '"worker_processes" directive invalid value');
    // nginx runs without workers where there are to be 0; that has no use here.
    else change(adaptation, { frontThreads: count === 0 ? 'auto' : count });
  },
  worker_connections: (directive, _scope, adaptation) => {
    const { text } = argument(directive, 0);
    const count = parseNumber(text);
    if (count === undefined) adaptation.error(argument(directive, 0), `invalid number "${text}"`);
    else if (count === 0) adaptation.error(argument(directive, 0), '0 worker_connections are not enough');
    else change(adaptation, { maxConnections: count });
  },
  worker_rlimit_nofile: whole((openFiles) => ({ openFiles })),
  worker_shutdown_timeout: (directive, _scope, adaptation) => {
    const gracefulTimeoutMs = parseMilliseconds(argument(directive, 0).text);
    if (gracefulTimeoutMs === undefined) {
      adaptation.error(argument(directive, 0), '"worker_shutdown_timeout" directive invalid value');
    } else change(adaptation, { gracefulTimeoutMs });
  },
  pid: (directive, _scope, adaptation) => {
    change(adaptation, { pidFile: adaptation.path(argument(directive, 0).text) });
  },
  user: (directive, _scope, adaptation) => {
    const [name, group] = directive.args;
    if (name) change(adaptation, { user: { name: name.text, ...(group && { group: group.text }) } });
  },
  daemon: (directive, _scope, adaptation) => {
    const isDaemon = readFlag(directive, adaptation);
    if (isDaemon !== undefined) change(adaptation, { isDaemon });
  },
  env: (directive, _scope, adaptation) => {
    const { text } = argument(directive, 0);
    const equals = text.indexOf('=');
    const [name, value] = equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
    change(adaptation, { environment: { ...adaptation.process.environment, [name]: value } });
  },
  error_log: (directive, scope, adaptation) => {
    const log = errorLog(directive, scope, adaptation);
    if (log === undefined) return;
    if (scope.outer === undefined) {
      change(adaptation, { errorLogs: [...(adaptation.process.errorLogs ?? []), log] });
    } else scope.append('errorLogs', log);
  },
};

function change(adaptation: Adaptation, fields: ProcessConfig): void {
  adaptation.process = { ...adaptation.process, ...fields };
}

function whole(fields: (value: number) => ProcessConfig): Handler {
  return (directive, _scope, adaptation) => {
    const value = parseNumber(argument(directive, 0).text);
    if (value === undefined) adaptation.error(argument(directive, 0), `"${directive.name}" directive invalid number`);
    else change(adaptation, fields(value));
  };
}

const levels: readonly ErrorLogLevel[] = ['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg'];
/** Parts of nginx that can be debugged alone. */
const debugLevels = /^debug_(?:core|alloc|mutex|event|http|mail|stream)$/;

function errorLog(...[directive, , adaptation]: Parameters<Handler>): ErrorLogPlan | undefined {
  const target = argument(directive, 0);
  if (/^(?:syslog|memory):/.test(target.text)) {
    const kind = target.text.slice(0, target.text.indexOf(':'));
    return adaptation.unsupported(target, `Galley does not log to ${kind} yet`, 'write to a file, or to stderr');
  }
  let level: ErrorLogLevel | undefined;
  for (const each of directive.args.slice(1)) {
    const found = debugLevels.test(each.text) ? 'debug' : levels.find((name) => name === each.text);
    if (found === undefined) adaptation.error(each, `invalid log level "${each.text}"`);
    else if (level !== undefined && found !== 'debug') adaptation.error(each, `duplicate log level "${each.text}"`);
    level ??= found;
  }
  return {
    target:
      target.text === 'stderr' || target.text === '/dev/stderr'
        ? { kind: 'stderr' }
        : { kind: 'file', path: adaptation.path(target.text) },
    level: level ?? 'error',
  };
}
