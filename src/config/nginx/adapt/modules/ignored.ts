import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, choice, type Handler, type Handlers, milliseconds, number, offset, size } from '../handlers.ts';
import { parseNumber, parseSeconds, parseSize } from '../values.ts';
import { ignoredTlsHandlers } from './ignored-tls.ts';

const nothing = (): object => ({});
const bytes: Handler = size(nothing);
const manyBytes: Handler = offset(nothing);
const time: Handler = milliseconds(nothing);
const count: Handler = number(nothing);

/** What changes nothing: its values are to be right all the same, as nginx wants them, since they are a mistake where they are not. */
export const ignoredHandlers: Handlers = {
  timer_resolution: time,
  debug_points: choice(['stop', 'abort'], nothing),
  worker_priority: matching(/^[+-]?\d{1,15}$/, 'invalid number'),
  worker_rlimit_core: manyBytes,
  thread_pool: (directive, _scope, adaptation) => {
    const parameters = { threads: isPositive, max_queue: isNumber };
    const areRight = checkParameters(directive, 1, parameters, adaptation, (each, name) =>
      name === undefined ? undefined : `invalid ${name} value "${each}"`,
    );
    if (areRight) mustHave(directive, 'threads', `"${directive.name}" must have "threads" parameter`, adaptation);
  },
  use: (directive, _scope, adaptation) => {
    const method = argument(directive, 0);
    if (!eventMethods.has(method.text)) adaptation.error(method, `invalid event type "${method.text}"`);
  },
  accept_mutex_delay: time,
  epoll_events: count,
  worker_aio_requests: count,

  variables_hash_max_size: count,
  variables_hash_bucket_size: count,
  server_names_hash_max_size: count,
  server_names_hash_bucket_size: count,
  types_hash_max_size: count,
  types_hash_bucket_size: count,
  map_hash_max_size: count,
  map_hash_bucket_size: count,
  referer_hash_max_size: count,
  referer_hash_bucket_size: count,
  proxy_headers_hash_max_size: count,
  proxy_headers_hash_bucket_size: count,

  connection_pool_size: bytes,
  request_pool_size: bytes,
  subrequest_output_buffer_size: bytes,
  send_lowat: bytes,
  proxy_send_lowat: bytes,
  proxy_busy_buffers_size: bytes,
  proxy_temp_file_write_size: bytes,
  postpone_output: bytes,
  postpone_gzipping: bytes,
  sendfile_max_chunk: bytes,
  read_ahead: bytes,
  gzip_window: powerOfTwo('512, 1k, 2k, 4k, 8k, 16k, or 32k', 512, 32),
  gzip_hash: powerOfTwo('512, 1k, 2k, 4k, 8k, 16k, 32k, 64k, or 128k', 512, 128),
  gzip_buffers: buffers,
  gunzip_buffers: buffers,
  output_buffers: buffers,
  brotli_buffers: buffers,
  zstd_buffers: buffers,

  client_body_temp_path: folderLevels,
  fastcgi_temp_path: folderLevels,
  uwsgi_temp_path: folderLevels,
  scgi_temp_path: folderLevels,

  proxy_store: (directive, _scope, adaptation) => {
    if (argument(directive, 0).text === 'off') return;
    adaptation.unsupported(directive, 'Galley does not have "proxy_store"', 'a cache keeps copies: "proxy_cache"');
  },

  aio: matching(/^(?:on|off|threads(?:=.*)?)$/s, 'invalid value'),
  directio: (directive, scope, adaptation) => {
    if (argument(directive, 0).text !== 'off') manyBytes(directive, scope, adaptation);
  },
  directio_alignment: manyBytes,
  open_file_cache: (directive, _scope, adaptation) => {
    const parameters = { max: isPositive, inactive: isSeconds };
    const areRight = checkParameters(
      directive,
      0,
      parameters,
      adaptation,
      (each) => `invalid "${directive.name}" parameter "${each}"`,
    );
    if (areRight) mustHave(directive, 'max', `"${directive.name}" must have the "max" parameter`, adaptation);
  },
  open_file_cache_valid: seconds,
  open_file_cache_min_uses: count,
  open_log_file_cache: (directive, _scope, adaptation) => {
    const parameters = { max: isNumber, inactive: isSeconds, min_uses: isNumber, valid: isSeconds };
    const areRight = checkParameters(
      directive,
      0,
      parameters,
      adaptation,
      (each) => `invalid "${directive.name}" parameter "${each}"`,
    );
    if (areRight) mustHave(directive, 'max', `"${directive.name}" must have "max" parameter`, adaptation);
  },

  keepalive_min_timeout: time,
  keepalive_disable: (directive, _scope, adaptation) => {
    for (const each of directive.args) {
      if (!browsers.has(each.text.toLowerCase())) adaptation.error(each, `invalid value "${each.text}"`);
    }
  },
  lingering_close: choice(['off', 'on', 'always'], nothing),
  lingering_time: time,
  lingering_timeout: time,

  chunked_transfer_encoding: changesNothing('HTTP/1.1 answers of unknown length are always chunked'),
  ignore_invalid_headers: changesNothing('requests with invalid header names are refused'),

  ...ignoredTlsHandlers,
};

const eventMethods: ReadonlySet<string> = new Set(['epoll', 'poll', 'select']);
const browsers: ReadonlySet<string> = new Set(['none', 'msie6', 'safari']);

function isNumber(text: string): boolean {
  return parseNumber(text) !== undefined;
}

function isPositive(text: string): boolean {
  return (parseNumber(text) ?? 0) > 0;
}

function isSeconds(text: string): boolean {
  return parseSeconds(text) !== undefined;
}

/** `what` is said of a first argument that does not match. */
function matching(pattern: RegExp, what: string): Handler {
  return (directive, _scope, adaptation) => {
    const value = argument(directive, 0);
    if (!pattern.test(value.text)) adaptation.error(value, `"${directive.name}" directive ${what}`);
  };
}

function seconds(directive: Directive, _scope: unknown, adaptation: Adaptation): void {
  const value = argument(directive, 0);
  if (!isSeconds(value.text)) adaptation.error(value, `"${directive.name}" directive invalid value`);
}

/** How many and how large. */
function buffers(directive: Directive, _scope: unknown, adaptation: Adaptation): void {
  const [many, large] = [argument(directive, 0).text, argument(directive, 1).text];
  if (!isPositive(many) || !parseSize(large))
    adaptation.error(directive, `"${directive.name}" directive invalid value`);
}

/** A folder, and how long the names of the folders in it are. */
function folderLevels(directive: Directive, _scope: unknown, adaptation: Adaptation): void {
  const wrong = directive.args.slice(1).find(({ text }) => !isPositive(text));
  if (wrong) adaptation.error(wrong, `"${directive.name}" directive invalid value`);
}

/** From `least` bytes to `most` KiB, which are `listed`. */
function powerOfTwo(listed: string, least: number, most: number): Handler {
  return (directive, scope, adaptation) => {
    const value = parseSize(argument(directive, 0).text);
    if (value === undefined) bytes(directive, scope, adaptation);
    else if (value < least || value > most * 1024 || !Number.isInteger(Math.log2(value))) {
      adaptation.error(directive, `"${directive.name}" directive must be ${listed}`);
    }
  };
}

/** Where it is off, answers or requests are others than with nginx. */
function changesNothing(reason: string): Handler {
  return (directive, _scope, adaptation) => {
    if (/^off$/i.test(argument(directive, 0).text)) {
      adaptation.warn(directive, `"${directive.name} off" changes nothing`, reason);
    }
  };
}

/** Each argument from that one on is `off` or one of the parameters with a right value; `messageFor` says what is wrong with it. Gives whether all are right. */
function checkParameters(
  { args }: Directive,
  from: number,
  parameters: Readonly<Record<string, (value: string) => boolean>>,
  adaptation: Adaptation,
  messageFor: (text: string, name: string | undefined) => string | undefined,
): boolean {
  let areRight = true;
  for (const each of args.slice(from)) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(each.text) ?? [];
    const isRight = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (each.text === 'off' || isRight?.(value)) continue;
    const message = messageFor(each.text, isRight && name);
    if (message === undefined) continue;
    adaptation.error(each, message);
    areRight = false;
  }
  return areRight;
}

function mustHave(directive: Directive, name: string, message: string, adaptation: Adaptation): void {
  const isThere = directive.args.some(({ text }) => text === 'off' || text.startsWith(`${name}=`));
  if (!isThere) adaptation.error(directive, message);
}
