import { isIPv6 } from 'node:net';
import type { AppOptions, PythonInterface } from '../app/options.ts';
import type { Bind } from '../core/bind.ts';
import { asgiConcurrency, queueLimits, webSocketLimits, webSocketTimeouts } from '../core/limits.ts';
import { type LogLevel, logLevels } from '../observe/log.ts';
import { mostWeight } from '../server/control/upstream-routes.ts';
import type { ServeOptions } from '../server/options.ts';
import { parseBindAddress } from './bind-address.ts';
import { type TlsOptionValues, tlsOptionTable } from './tls-option-table.ts';
import { duration, flag, oneOf, seconds, size, text, type ValueType, wholeNumber } from './value-type.ts';
import { parseWorkerRange, type WorkerCount } from './worker-range.ts';

/** The value of `--proxy`: a path and the URL that answers for it, which is not yet read. */
export interface ProxyOption {
  readonly path: string;
  readonly url: string;
}

/** The type of every option's value. */
export interface OptionValues extends TlsOptionValues {
  readonly config: string | undefined;
  readonly lenient: boolean;
  readonly host: string;
  readonly port: number;
  readonly bind: Bind | undefined;
  readonly 'forwarded-allow-ips': string | undefined;
  readonly proxy: ProxyOption | undefined;
  readonly 'app-dir': string | undefined;
  readonly factory: boolean;
  readonly interface: 'auto' | PythonInterface;
  readonly 'root-path': string;
  readonly lifespan: 'auto' | 'on' | 'off';
  readonly python: string | undefined;
  readonly 'env-file': string | undefined;
  readonly workers: WorkerCount | 'auto';
  readonly threads: number;
  readonly concurrency: number;
  readonly preload: AppOptions['preload'];
  readonly reload: boolean;
  readonly 'reload-surge': number;
  readonly timeout: number;
  readonly 'graceful-timeout': number;
  readonly 'queue-size': number;
  readonly 'queue-timeout': number;
  readonly 'max-requests': number;
  readonly 'max-requests-jitter': number;
  readonly 'max-rss': number;
  readonly 'max-lifetime': number;
  readonly 'ws-max-size': number;
  readonly 'ws-ping-interval': number;
  readonly 'ws-ping-timeout': number;
  readonly 'front-threads': number | 'auto';
  readonly 'control-socket': ServeOptions['controlSocket'];
  readonly 'log-level': LogLevel;
  readonly 'access-log': 'combined' | 'json' | 'off';
  readonly 'no-access-log': boolean;
  readonly app: string | undefined;
  readonly key: string | undefined;
  readonly prefix: string | undefined;
  readonly tag: string | undefined;
  readonly all: boolean;
  readonly json: boolean;
  readonly weight: number | undefined;
  readonly backup: boolean;
  readonly pid: number | undefined;
  readonly control: string | undefined;
  readonly version: boolean;
  readonly help: boolean;
}

export type OptionName = keyof OptionValues;

/** One option of the command line. */
export interface Option<T> {
  readonly group:
    | 'Config'
    | 'Address'
    | 'TLS'
    | 'App'
    | 'Workers'
    | 'Queue'
    | 'Recycling'
    | 'WebSockets'
    | 'Server'
    | 'Logs'
    | 'Other';
  readonly type: ValueType<T>;
  /** The value where the option is not given. */
  readonly default: T;
  /** The default in the help, where it is not the value itself. */
  readonly defaultText?: string;
  readonly doc: string;
  readonly short?: string;
  /** Another name for the same thing, which users of other servers know. */
  readonly alias?: string;
}

const rootPath: ValueType<string> = {
  placeholder: 'PATH',
  allowed: 'a path that begins with /',
  choices: [],
  parse: (given) => (given.startsWith('/') ? given.replace(/\/+$/, '') : undefined),
};

const workers: ValueType<WorkerCount | 'auto'> = {
  placeholder: 'NUMBER',
  allowed: 'a whole number from 1 to 512, a range such as 1-8, or auto',
  choices: [],
  parse: (given) => (given === 'auto' ? 'auto' : parseWorkerRange(given)),
};

const frontThreads: ValueType<number | 'auto'> = {
  placeholder: 'NUMBER',
  allowed: 'a whole number from 1 to 32, or auto',
  choices: [],
  parse: (given) => (given === 'auto' ? 'auto' : wholeNumber('NUMBER', 1, 32).parse(given)),
};

const controlSocket: ValueType<ServeOptions['controlSocket']> = {
  placeholder: 'PATH',
  allowed: 'the path of a socket, or off',
  choices: [],
  parse: (given) => (given === 'off' ? 'off' : given === '' ? undefined : { path: given }),
};

const proxy: ValueType<ProxyOption | undefined> = {
  placeholder: 'PATH=URL',
  allowed: 'a path and a URL, such as /api=http://127.0.0.1:3000',
  choices: [],
  parse(given) {
    const [, path, url] = /^(\/[^=]*)=(.+)$/s.exec(given) ?? [];
    return path === undefined || url === undefined ? undefined : { path, url };
  },
};

const bind: ValueType<Bind | undefined> = {
  placeholder: 'ADDRESS',
  allowed: 'HOST:PORT, :PORT, [IPV6]:PORT, unix:PATH or /PATH',
  choices: [],
  parse: parseBindAddress,
};

const host: ValueType<string> = {
  placeholder: 'HOST',
  allowed: 'a host name or an IP address, without a port',
  choices: [],
  parse(given) {
    const plain = given.replace(/^\[(.*)\]$/, '$1');
    return isIPv6(plain) || /^[^\s:/[\]]+$/.test(given) ? plain : undefined;
  },
};

/** Every option of every command, in the order of the help; the only place where an option exists. */
export const optionTable: { readonly [Name in OptionName]: Option<OptionValues[Name]> } = {
  config: {
    group: 'Config',
    type: text('FILE'),
    default: undefined,
    short: 'c',
    doc: 'Serve what a galley.config.ts, .js or .json or an nginx.conf says.',
  },
  lenient: {
    group: 'Config',
    type: flag,
    default: false,
    doc: 'Leave directives of an nginx.conf out that are not supported, with a warning.',
  },
  host: { group: 'Address', type: host, default: '127.0.0.1', doc: 'Listen on this host.' },
  port: {
    group: 'Address',
    type: wholeNumber('PORT', 0, 65_535),
    default: 8000,
    doc: 'Listen on this port; 0 takes a free one.',
  },
  bind: {
    group: 'Address',
    type: bind,
    default: undefined,
    short: 'b',
    doc: 'Listen on HOST:PORT, :PORT, [IPV6]:PORT, unix:PATH or /PATH, in place of --host and --port; may be given several times.',
  },
  'forwarded-allow-ips': {
    group: 'Address',
    type: text('LIST'),
    default: undefined,
    defaultText: '$FORWARDED_ALLOW_IPS, else nobody',
    doc: 'Take the client and the scheme from the X-Forwarded-For, X-Forwarded-Proto or Forwarded of these proxies: IP addresses, networks such as 10.0.0.0/8, unix: for Unix sockets, * for everyone, separated by commas. Whoever is on the list can pass for any client, and with * anybody can: list only proxies that write these headers themselves. From all others they are removed.',
  },
  proxy: {
    group: 'Address',
    type: proxy,
    default: undefined,
    doc: 'Requests for PATH and all below it go on to another server; the longest PATH counts. They keep their path: with /api=http://127.0.0.1:3000, /api/x is asked for as /api/x. Where URL has a path, be it / alone, that one takes the place of PATH. unix: and the path of a socket may stand for URL. May be given several times.',
  },
  ...tlsOptionTable,
  'app-dir': {
    group: 'App',
    type: text('FOLDER'),
    default: undefined,
    defaultText: 'the current folder',
    alias: 'chdir',
    doc: 'The app runs in this folder and is imported from it.',
  },
  factory: {
    group: 'App',
    type: flag,
    default: false,
    doc: 'ATTR is a function without parameters that returns the app.',
  },
  interface: {
    group: 'App',
    type: oneOf('NAME', ['auto', 'asgi3', 'asgi2', 'wsgi']),
    default: 'auto',
    doc: 'How the app is called.',
  },
  'root-path': {
    group: 'App',
    type: rootPath,
    default: '',
    doc: 'The path under which the app is mounted, such as /api.',
  },
  lifespan: {
    group: 'App',
    type: oneOf('WHEN', ['auto', 'on', 'off']),
    default: 'auto',
    doc: 'Run the startup and shutdown events of an ASGI app; with auto, where it has them.',
  },
  python: {
    group: 'App',
    type: text('PATH'),
    default: undefined,
    defaultText: '$VIRTUAL_ENV, .venv or venv, else python3',
    doc: 'The Python that runs the app.',
  },
  'env-file': {
    group: 'App',
    type: text('FILE'),
    default: undefined,
    doc: 'Add the KEY=VALUE lines of this file to the environment of the app.',
  },
  workers: {
    group: 'Workers',
    type: workers,
    default: 'auto',
    defaultText: 'auto, one per CPU; 1 with --reload',
    short: 'w',
    doc: 'How many processes run the app: a number, or MIN-MAX such as 1-8 for as many as the load needs.',
  },
  threads: {
    group: 'Workers',
    type: wholeNumber('NUMBER', 1, 1024),
    default: 4,
    doc: 'How many requests one worker of a WSGI app handles at a time.',
  },
  concurrency: {
    group: 'Workers',
    type: wholeNumber('NUMBER', 1, 1_000_000),
    default: asgiConcurrency,
    alias: 'limit-concurrency',
    doc: 'How many requests and WebSockets one worker of an ASGI app handles at a time.',
  },
  preload: {
    group: 'Workers',
    type: oneOf('WHEN', ['auto', 'always', 'never']),
    default: 'auto',
    doc: 'Import the app once and fork the workers from there; with auto, unless the import left threads or connections behind, which a fork would break.',
  },
  timeout: {
    group: 'Workers',
    type: seconds,
    default: 60_000,
    defaultText: '60',
    alias: 'request-timeout',
    doc: 'How long the app may take to begin an answer, in seconds; 0 for any time.',
  },
  'graceful-timeout': {
    group: 'Workers',
    type: seconds,
    default: 30_000,
    defaultText: '30',
    doc: "How long requests may take to end when the server stops or a worker is replaced, in seconds; the app's shutdown may take up to 2 s more.",
  },
  reload: {
    group: 'Workers',
    type: flag,
    default: false,
    doc: 'For development: start the workers anew when a Python file of the app changes, and show whoever asks why they cannot start, with source code.',
  },
  'reload-surge': {
    group: 'Workers',
    type: wholeNumber('NUMBER', 1, 512),
    default: 1,
    doc: 'How many workers more there may be while old ones are replaced by new ones.',
  },
  'queue-size': {
    group: 'Queue',
    type: wholeNumber('NUMBER', 0, 1_000_000),
    default: queueLimits.maxRequests,
    defaultText: String(queueLimits.maxRequests),
    doc: 'How many requests may wait for a free worker; more are answered with 503. 0 lets none wait.',
  },
  'queue-timeout': {
    group: 'Queue',
    type: seconds,
    default: queueLimits.maxWaitMs,
    defaultText: String(queueLimits.maxWaitMs / 1000),
    doc: 'How long a request may wait for a free worker before it is answered with 503, in seconds.',
  },
  'max-requests': {
    group: 'Recycling',
    type: wholeNumber('NUMBER', 0, 999_999_999),
    default: 0,
    defaultText: '0',
    doc: 'Replace a worker after so many requests; 0 for never.',
  },
  'max-requests-jitter': {
    group: 'Recycling',
    type: wholeNumber('NUMBER', 0, 999_999_999),
    default: 0,
    defaultText: '0',
    doc: 'Give each worker up to so many requests more, so that not all are replaced at once.',
  },
  'max-rss': {
    group: 'Recycling',
    type: size,
    default: 0,
    defaultText: '0',
    doc: 'Replace a worker that has more memory in RAM: 512M, 1G or a number of bytes; 0 for never.',
  },
  'max-lifetime': {
    group: 'Recycling',
    type: duration,
    default: 0,
    defaultText: '0',
    doc: 'Replace a worker after so long: seconds, or 30m, 12h, at most 30 days; 0 for never.',
  },
  'ws-max-size': {
    group: 'WebSockets',
    type: wholeNumber('BYTES', 1, 999_999_999),
    default: webSocketLimits.maxMessageSize,
    doc: 'The longest message that a client may send, in bytes; a longer one closes with code 1009.',
  },
  'ws-ping-interval': {
    group: 'WebSockets',
    type: seconds,
    default: webSocketTimeouts.pingIntervalMs,
    defaultText: String(webSocketTimeouts.pingIntervalMs / 1000),
    doc: 'After how long a silence a client is pinged, in seconds; 0 for never.',
  },
  'ws-ping-timeout': {
    group: 'WebSockets',
    type: seconds,
    default: webSocketTimeouts.pingTimeoutMs,
    defaultText: String(webSocketTimeouts.pingTimeoutMs / 1000),
    doc: 'How long a pinged client may stay silent before its connection is given up, in seconds.',
  },
  'front-threads': {
    group: 'Server',
    type: frontThreads,
    default: 'auto',
    defaultText: 'auto, one per four CPUs',
    doc: 'How many threads read requests and write answers.',
  },
  'control-socket': {
    group: 'Server',
    type: controlSocket,
    default: 'default',
    defaultText: 'galley/PID.sock in the runtime folder',
    doc: 'The Unix socket over which "galley status" and its like reach this server; only its user may connect. off for none.',
  },
  'log-level': {
    group: 'Logs',
    type: oneOf('LEVEL', logLevels),
    default: 'info',
    doc: 'How much is logged to standard error.',
  },
  'access-log': {
    group: 'Logs',
    type: oneOf('FORMAT', ['combined', 'json', 'off']),
    default: 'combined',
    doc: 'How each request is logged to standard output.',
  },
  'no-access-log': { group: 'Logs', type: flag, default: false, doc: 'The same as --access-log off.' },
  app: {
    group: 'Other',
    type: text('NAME'),
    default: undefined,
    doc: 'The app that is meant, where a Galley has several.',
  },
  weight: {
    group: 'Other',
    type: wholeNumber('NUMBER', 1, mostWeight),
    default: undefined,
    doc: 'How much the member gets, beside the weights of the others.',
  },
  backup: {
    group: 'Other',
    type: flag,
    default: false,
    doc: 'The member that is added gets requests only when all others cannot be used.',
  },
  key: { group: 'Other', type: text('KEY'), default: undefined, doc: 'Remove what is kept for this key.' },
  prefix: {
    group: 'Other',
    type: text('PREFIX'),
    default: undefined,
    doc: 'Remove what is kept for keys that begin so.',
  },
  tag: {
    group: 'Other',
    type: text('TAG'),
    default: undefined,
    doc: 'Remove answers that have this tag in Surrogate-Key or Cache-Tag.',
  },
  all: { group: 'Other', type: flag, default: false, doc: 'Remove all.' },
  json: { group: 'Other', type: flag, default: false, doc: 'Print JSON, for a program.' },
  pid: {
    group: 'Other',
    type: wholeNumber('PID', 1, 2 ** 22),
    default: undefined,
    doc: 'The process id of the Galley that is meant.',
  },
  control: {
    group: 'Other',
    type: text('PATH'),
    default: undefined,
    doc: 'The control socket of the Galley that is meant, where it is not in the runtime folder.',
  },
  version: { group: 'Other', type: flag, default: false, doc: 'Print the version.' },
  help: { group: 'Other', type: flag, default: false, short: 'h', doc: 'Print this help.' },
};

/** The names of all options. */
export const optionNames: readonly OptionName[] = Object.keys(optionTable) as OptionName[];
