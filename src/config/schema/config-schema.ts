import { z } from 'zod';
import { cacheStore } from './cache-options.ts';
import { errorLogOption } from './reply-options.ts';
import { server, sharedOptions } from './server-options.ts';
import { issuer } from './tls-options.ts';
import {
  count,
  duration,
  either,
  flag,
  fullText,
  list,
  needed,
  object,
  oneOf,
  option,
  rate,
  size,
  strict,
  table,
  text,
  wholeNumber,
} from './types.ts';
import { upstream } from './upstream-options.ts';

const workerCount = wholeNumber(1, 512);

const app = object('App', 'A program that answers requests.', {
  python: needed(fullText, 'MODULE:ATTR, such as main:app.'),
  directory: option(fullText, 'The folder in which it runs and from which it is imported.', {
    default: 'the folder of the config',
  }),
  interpreter: option(fullText, 'The Python that runs it.', { default: '.venv or venv, else python3' }),
  interface: option(oneOf('auto', 'asgi3', 'asgi2', 'wsgi'), 'How it is called.', { default: 'auto' }),
  factory: option(flag, 'ATTR is a function that returns the app.', { default: false }),
  lifespan: option(oneOf('auto', 'on', 'off'), 'Run the startup and shutdown events of an ASGI app.', {
    default: 'auto',
  }),
  rootPath: option(text, 'The path under which it is mounted, such as /api.', { default: '' }),
  workers: option(
    either(
      "a number, 'auto' or { min, max }",
      workerCount,
      oneOf('auto'),
      strict({
        min: needed(workerCount, 'The least.'),
        max: needed(workerCount, 'The most.'),
      }),
    ),
    'How many processes run it.',
    { default: 'auto' },
  ),
  threads: option(wholeNumber(1, 1024), 'How many requests one worker of a WSGI app handles at a time.', {
    default: 4,
  }),
  concurrency: option(wholeNumber(1, 1_000_000), 'How many requests one worker of an ASGI app handles at a time.', {
    default: 20_000,
  }),
  queueSize: option(wholeNumber(0, 1_000_000), 'How many requests may wait for a worker; more are answered with 503.', {
    default: 1_000,
  }),
  queueTimeout: option(duration, 'How long one may wait.', { default: '30s' }),
  preload: option(oneOf('auto', 'always', 'never'), 'Import it once and fork the workers from there.', {
    default: 'auto',
  }),
  maxRequests: option(count, 'Replace a worker after so many requests; 0 for never.', { default: 0 }),
  maxRequestsJitter: option(count, 'Give each worker up to so many more.', { default: 0 }),
  maxRss: option(size, 'Replace a worker that has more memory in RAM; 0 for never.', { default: 0 }),
  maxLifetime: option(duration, 'Replace a worker after so long; 0s for never.', { default: '0s' }),
  requestTimeout: option(duration, 'How long it may take to begin an answer; 0s for any time.', { default: '60s' }),
  gracefulTimeout: option(duration, 'How long requests may take to end when a worker is replaced.', { default: '30s' }),
  environment: option(table(text), 'Variables of its environment.'),
});

const entries = either('an object, or a list of [key, value]', table(text), list(z.tuple([text, text])));
const source = (description: string): z.ZodType => needed(fullText, description);

const variable = either(
  'an object with `map`, `geo` or `split`',
  object('MapVariable', 'The value by what a text is.', {
    map: source("The text, such as '$host'; compared whatever its case."),
    entries: needed(entries, 'Values by text; keys that begin with ~ or ~* are patterns.'),
    default: option(text, 'The value of all else.', { default: '' }),
    hostnames: option(flag, 'Keys may be *.example.com and the like.', { default: false }),
    volatile: option(flag, 'Computed anew each time.', { default: false }),
  }),
  object('GeoVariable', 'The value by the address of the client.', {
    geo: source("The address, such as '$remote_addr'."),
    entries: needed(entries, 'Values by network.'),
    default: option(text, 'The value of all else.', { default: '' }),
    ranges: option(flag, 'Keys are ranges such as 10.0.0.0-10.0.0.9.', { default: false }),
    proxies: option(list(fullText), 'Networks whose X-Forwarded-For is believed.'),
    proxyRecursive: option(flag, 'The last address that is of none of them counts.', { default: false }),
  }),
  object('SplitVariable', 'The value by chance, always the same for the same text.', {
    split: source("The text, such as '$remote_addr'."),
    parts: needed(
      list(
        strict({
          percent: option(z.number({ error: 'it takes a number' }).min(0).max(100), 'How many of a hundred.', {
            default: 'the rest',
          }),
          value: needed(text, 'The value.'),
        }),
      ),
      'The values.',
    ),
  }),
);

const processOptions = object('Process', 'What concerns the process as a whole.', {
  frontThreads: option(
    either("a number or 'auto'", wholeNumber(1, 32), oneOf('auto')),
    'How many threads read requests and write answers.',
    { default: 'auto', nginx: 'worker_processes' },
  ),
  ...errorLogOption,
  pidFile: option(fullText, 'Where the process id is written.', { nginx: 'pid' }),
  user: option(
    either(
      'a name, or { name, group }',
      fullText,
      strict({ name: needed(fullText, 'The user.'), group: option(fullText, 'The group.') }),
    ),
    'Who Galley becomes when it has opened its sockets.',
    { nginx: 'user' },
  ),
  gracefulTimeout: option(duration, 'How long requests may take to end when Galley stops.', {
    nginx: 'worker_shutdown_timeout',
  }),
  maxConnections: option(count, 'Client connections of one front thread.', { nginx: 'worker_connections' }),
  openFiles: option(
    count,
    'How many files are to be open at most: Galley cannot raise the limit, and warns where it is lower.',
    { nginx: 'worker_rlimit_nofile' },
  ),
  environment: option(
    table(either('a text, or null to keep it as it is', text, z.null())),
    "Variables of Galley's own environment.",
    { nginx: 'env' },
  ),
  daemon: option(flag, 'Goes on in the background.', { nginx: 'daemon' }),
});

/** All that a config may say: the only place where an option exists. What it takes is user-config.ts, which is made of it. */
export const configSchema: z.ZodType = object(
  'UserConfig',
  'What galley.config.ts exports and galley.config.json is.',
  {
    $schema: option(text, 'Where editors find the schema of this file.'),
    apps: option(table(app), 'The apps, by name.', { nginx: 'app' }),
    upstreams: option(table(upstream), 'Servers that answer for this one, by a name that URLs of `proxy` may have.', {
      nginx: 'upstream',
    }),
    caches: option(table(cacheStore), 'Where answers are kept, by name.', { nginx: 'proxy_cache_path' }),
    issuers: option(table(issuer), 'Whom certificates are got from, by name; the first is meant where none is named.', {
      nginx: 'acme_issuer',
    }),
    servers: option(list(server), 'The sites.', { nginx: 'server' }),
    defaults: option(sharedOptions, 'What servers inherit.', { nginx: 'http' }),
    variables: option(table(variable), 'Variables that are computed from others, by name without the $.', {
      nginx: 'map, geo, split_clients',
    }),
    requestZones: option(
      table(
        object('RequestZone', 'Counts that several rate limits share.', {
          key: needed(fullText, 'What is counted by.'),
          rate: needed(rate, "How often, such as '10/s'."),
          memory: option(size, 'Memory for keys.', { default: '10m' }),
        }),
      ),
      'Counts that several rate limits share, by name.',
      { nginx: 'limit_req_zone' },
    ),
    connectionZones: option(
      table(
        object('ConnectionZone', 'Counts that several connection limits share.', {
          key: needed(fullText, 'What is counted by.'),
          memory: option(size, 'Memory for keys.', { default: '10m' }),
        }),
      ),
      'Counts that several connection limits share, by name.',
      { nginx: 'limit_conn_zone' },
    ),
    logFormats: option(
      table(
        either(
          'a text, or { text, escape }',
          text,
          strict({
            text: needed(text, 'One line; has variables.'),
            escape: needed(oneOf('default', 'json', 'none'), 'How values are made safe.'),
          }),
        ),
      ),
      'How lines of logs look, by name.',
      { nginx: 'log_format' },
    ),
    process: option(processOptions, 'What concerns the process as a whole.'),
  },
);
