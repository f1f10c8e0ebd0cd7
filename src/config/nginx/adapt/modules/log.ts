import type { AccessLogPlan, LogFormatPlan } from '../../../../plan/log-plan.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, flag, type Handlers } from '../handlers.ts';
import { parseMilliseconds, parseNumber, parseSize } from '../values.ts';

/** nginx's log module. */
export const logHandlers: Handlers = {
  log_subrequest: flag((logsSubrequests) => ({ logsSubrequests })),
  log_format: (directive, _scope, adaptation) => {
    const [name, second] = [argument(directive, 0), argument(directive, 1)];
    if (name.text === 'combined' || adaptation.logFormats.some((format) => format.name === name.text)) {
      adaptation.error(name, `duplicate "log_format" name "${name.text}"`);
      return;
    }
    const escaping = /^escape=(.*)$/s.exec(second.text)?.[1];
    if (escaping !== undefined && !isEscape(escaping)) {
      adaptation.error(second, `unknown log format escaping "${escaping}"`);
      return;
    }
    const words = directive.args.slice(escaping === undefined ? 1 : 2);
    for (const each of words) checkFormat(each, adaptation);
    const text = words.map((each) => each.text).join('');
    adaptation.logFormats.push({ name: name.text, escape: escaping ?? 'default', text });
  },
  access_log: (directive, scope, adaptation) => {
    const path = argument(directive, 0);
    if (path.text === 'off') {
      const [, more] = directive.args;
      if (more) adaptation.error(more, `invalid parameter "${more.text}"`);
      else scope.set({ accessLogs: [] });
      return;
    }
    if (path.text.startsWith('syslog:')) {
      adaptation.unsupported(path, 'Galley does not log to syslog yet', 'write to a file');
      return;
    }
    const log = readAccessLog(directive, adaptation);
    scope.append('accessLogs', log);
  },
};

function isEscape(text: string): text is LogFormatPlan['escape'] {
  return text === 'default' || text === 'json' || text === 'none';
}

function checkFormat(place: Argument, adaptation: Adaptation): void {
  // nginx's words differ here from those for other texts with variables.
  if (/\$(?![\w{])/.test(place.text)) adaptation.error(place, `invalid parameter "${place.text}"`);
  else adaptation.template(place.text, place);
}

/** As nginx has it where `gzip` says no size, in bytes. */
const gzipBufferSize = 65_536;

interface Buffering {
  bufferSize: number;
  flushMs: number;
  gzipLevel: number;
  condition: string | undefined;
}

function readAccessLog(directive: Directive, adaptation: Adaptation): AccessLogPlan {
  const path = argument(directive, 0);
  const format = directive.args[1];
  if (format) {
    adaptation.later(() => {
      if (isFormat(format.text, adaptation)) return;
      adaptation.error(format, `unknown log format "${format.text}"`);
    });
  }
  const buffering: Buffering = { bufferSize: 0, flushMs: 0, gzipLevel: 0, condition: undefined };
  for (const each of directive.args.slice(2)) readParameter(each, buffering, adaptation);
  if (buffering.flushMs > 0 && buffering.bufferSize === 0) {
    adaptation.error(path, `no buffer is defined for access_log "${path.text}"`);
  }
  if (buffering.bufferSize > 0 && path.text.includes('$')) {
    adaptation.error(path, 'buffered logs cannot have variables in name');
  }
  return { target: targetOf(path, adaptation), format: format?.text ?? 'combined', ...buffering };
}

/** Formats that the file need not make: nginx's one and Galley's own. */
const builtIn: ReadonlySet<string> = new Set(['combined', 'galley', 'galley-json']);

function isFormat(name: string, { logFormats }: Adaptation): boolean {
  return builtIn.has(name) || logFormats.some((format) => format.name === name);
}

function targetOf(path: Argument, adaptation: Adaptation): AccessLogPlan['target'] {
  if (path.text === '/dev/stdout') return { kind: 'stdout' };
  if (path.text === '/dev/stderr') return { kind: 'stderr' };
  return { kind: 'file', path: adaptation.path(adaptation.template(path.text, path)) };
}

function readParameter(place: Argument, buffering: Buffering, adaptation: Adaptation): void {
  const { text } = place;
  const equals = text.indexOf('=');
  const [name, value] = equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
  if (name === 'buffer' && equals >= 0) {
    const size = parseSize(value);
    if (!size) adaptation.error(place, `invalid buffer size "${value}"`);
    else buffering.bufferSize = size;
  } else if (name === 'flush' && equals >= 0) {
    const flushMs = parseMilliseconds(value);
    if (!flushMs) adaptation.error(place, `invalid flush time "${value}"`);
    else buffering.flushMs = flushMs;
  } else if (name === 'gzip') {
    const level = equals < 0 ? 1 : (parseNumber(value) ?? 0);
    if (level < 1 || level > 9) adaptation.error(place, `invalid compression level "${value}"`);
    else buffering.gzipLevel = level;
    buffering.bufferSize ||= gzipBufferSize;
  } else if (name === 'if' && equals >= 0) buffering.condition = adaptation.template(value, place);
  else adaptation.error(place, `invalid parameter "${text}"`);
}
