import { isUtf8 } from 'node:buffer';
import type { LogFormatPlan } from '../../plan/log-plan.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import { parseTemplate, type TemplatePart, wireText } from '../variables/parse-template.ts';
import type { Evaluate } from '../variables/variable.ts';
import { type Escape, escapeDefault, escapeJson, escapeNone } from './escape.ts';

/** The line of a finished request with its line feed, latin-1 of its bytes. */
export type LogFormat = (request: SiteRequest) => string;

/** How a kind of escaping writes a value, and what stands for a variable without one. */
const kinds: Readonly<Record<LogFormatPlan['escape'], { readonly escaped: Escape; readonly missing: string }>> = {
  default: { escaped: escapeDefault, missing: '-' },
  json: { escaped: escapeJson, missing: '' },
  none: { escaped: escapeNone, missing: '' },
};

/** Variables whose values never need an escape. */
const plainVariables: ReadonlySet<string> = new Set([
  'body_bytes_sent',
  'bytes_sent',
  'connection',
  'connection_requests',
  'connection_time',
  'msec',
  'pid',
  'pipe',
  'remote_addr',
  'remote_port',
  'request_length',
  'request_time',
  'scheme',
  'server_port',
  'status',
  'time_iso8601',
  'time_local',
]);

/** Makes a `log_format` that can be written. Throws PlanError. */
export function compileLogFormat(plan: Omit<LogFormatPlan, 'name'>, context: CompileContext): LogFormat {
  const pieces = [...parseTemplate(plan.text), { kind: 'text', text: '\n' } as const].map((part) =>
    pieceOf(part, plan.escape, context),
  );
  return (request) => {
    let line = '';
    for (const piece of pieces) line += typeof piece === 'string' ? piece : piece(request);
    return line;
  };
}

function pieceOf(part: TemplatePart, kind: LogFormatPlan['escape'], context: CompileContext): string | LogFormat {
  if (part.kind === 'text') return part.text;
  const { escaped, missing } = kinds[kind];
  const evaluate = evaluatorOf(part, context);
  if (part.kind === 'variable' && plainVariables.has(part.name)) return (request) => evaluate(request) ?? missing;
  return (request) => {
    const value = evaluate(request);
    return value === undefined ? missing : escaped(value);
  };
}

function evaluatorOf(part: Exclude<TemplatePart, { kind: 'text' }>, context: CompileContext): Evaluate {
  if (part.kind === 'capture') return ({ captures }) => captures[part.group];
  const evaluate = context.variable(part.name);
  // nginx knows no request line where the head was refused before it was complete.
  return part.name === 'request' ? (request) => evaluate(request) || undefined : evaluate;
}

const combinedText =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

/** The formats that exist without a `log_format`. */
const builtIn: Readonly<Record<string, (context: CompileContext) => LogFormat>> = {
  combined: (context) => compileLogFormat({ escape: 'default', text: combinedText }, context),
  galley: galleyFormat,
  'galley-json': () => galleyJson,
};

/** The format of that name. Throws PlanError where there is none. */
export function findLogFormat(name: string, plans: readonly LogFormatPlan[], context: CompileContext): LogFormat {
  const plan = plans.find((each) => each.name === name);
  if (plan) return compileLogFormat(plan, context);
  const make = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
  if (!make) throw new PlanError(`unknown log format "${name}"`);
  return make(context);
}

/** The combined format, then the duration and the time in the queue in seconds. */
function galleyFormat(context: CompileContext): LogFormat {
  const combined = compileLogFormat({ escape: 'default', text: `${combinedText} $request_time` }, context);
  return (request) => `${combined(request).slice(0, -1)} ${(request.exchange.queueMs / 1000).toFixed(3)}\n`;
}

/** One JSON object a line. Durations are in milliseconds. */
const galleyJson: LogFormat = (request) => {
  const { exchange, record, services } = request;
  const { request: head, connection } = exchange;
  const isKnown = head.method !== '';
  const line = {
    time: new Date(services.now()).toISOString(),
    client: connection.client.address,
    request: isKnown ? exchange.id : undefined,
    method: isKnown ? head.method : undefined,
    target: isKnown ? decoded(head.target) : undefined,
    version: isKnown ? head.version : undefined,
    status: record?.status,
    bytes: record?.bytes,
    complete: record?.complete,
    durationMs: rounded(record?.durationMs ?? 0),
    queueMs: rounded(exchange.queueMs),
    referer: decoded(request.header('referer')),
    userAgent: decoded(request.header('user-agent')),
  };
  return `${wireText(JSON.stringify(line))}\n`;
};

/** What a client's bytes mean: UTF-8 where they can be that, else latin-1. */
function decoded(text: string | undefined): string | undefined {
  if (text === undefined || !/[^\x00-\x7f]/.test(text)) return text;
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : text;
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
