import { proxiedConditions } from '../../plan/settings.ts';
import {
  charsetName,
  checkedObject,
  duration,
  either,
  expires,
  flag,
  fullText,
  lifetime,
  list,
  logLevel,
  needed,
  object,
  off,
  oneOf,
  oneOrMore,
  option,
  type Shape,
  size,
  strict,
  table,
  text,
  wholeNumber,
} from './types.ts';

const fields = either(
  'a table of names and values, or a list of { name, value, always }',
  table(text),
  list(
    strict({
      name: needed(fullText, 'The name.'),
      value: needed(text, 'The value; may have variables. The field is left out where it is empty.'),
      replaces: option(flag, "It takes the place of the answer's own, and without a value removes it.", {
        nginx: 'more_set_headers',
        default: 'what the name is for',
      }),
      always: needed(flag, 'Also for failures, and not only for 200, 201, 204, 206 and redirects.'),
    }),
  ),
);

function encoder(name: string, most: number): ReturnType<typeof either> {
  return either(
    'true, false, a level or { enabled, level }',
    flag,
    wholeNumber(0, most),
    object(name, 'One encoding.', {
      enabled: option(flag, 'Whether it is used.'),
      level: option(wholeNumber(0, most), 'How hard it tries.'),
    }),
  );
}

const proxied = oneOf(...proxiedConditions);

/** What is done to answers. */
export const replyOptions: Shape = {
  headers: option(
    fields,
    'Fields that are added to answers, and to those of the outer level; as a table to all of them, failures too.',
    { nginx: 'add_header' },
  ),
  inheritHeaders: option(flag, 'Fields of the outer level are added too, but those that are named here.', {
    default: true,
    nginx: 'add_header_inherit',
  }),
  trailers: option(fields, 'Fields that are added after the body.', { nginx: 'add_trailer' }),
  securityHeaders: option(
    either(
      'true, false or an object',
      flag,
      object('SecurityHeaders', 'What browsers are to refuse. false leaves a field out.', {
        contentTypeOptions: option(either('false or a text', off, text), 'X-Content-Type-Options.', {
          default: 'nosniff',
        }),
        frameOptions: option(either('false or a text', off, text), 'X-Frame-Options.', { default: 'SAMEORIGIN' }),
        referrerPolicy: option(either('false or a text', off, text), 'Referrer-Policy.', {
          default: 'strict-origin-when-cross-origin',
        }),
        openerPolicy: option(either('false or a text', off, text), 'Cross-Origin-Opener-Policy.', {
          default: 'same-origin',
        }),
        contentSecurityPolicy: option(either('false or a text', off, text), 'Content-Security-Policy.', {
          default: false,
        }),
        permissionsPolicy: option(either('false or a text', off, text), 'Permissions-Policy.', { default: false }),
        strictTransportSecurity: option(either('false or a text', off, text), 'Strict-Transport-Security.', {
          default: false,
          danger: 'Browsers do not come back without TLS until its time is over.',
        }),
      }),
    ),
    'Adds the fields by which browsers protect a site.',
  ),
  cors: option(
    either(
      'true, false or an object',
      flag,
      checkedObject(
        'Cors',
        'Which other sites may read answers.',
        {
          origins: option(
            either("'*' or a list of origins", oneOf('*'), list(fullText)),
            "Origins such as 'https://example.com', or '*' for all.",
            { default: '*' },
          ),
          methods: option(list(fullText), 'The methods that they may use.', {
            default: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
          }),
          headers: option(list(fullText), 'The fields that they may send; without it those that they ask for.'),
          exposedHeaders: option(list(fullText), 'The fields that their scripts may read.'),
          credentials: option(flag, 'Cookies are sent along.', {
            default: false,
            danger: 'Pages of these origins can do what the user can do: list only your own.',
          }),
          maxAge: option(lifetime, 'How long browsers remember it.', { default: '1h' }),
        },
        'with credentials, it takes the origins that may use them',
        ({ origins, credentials }) => credentials === true && !Array.isArray(origins),
      ),
    ),
    'Lets pages of other sites read answers (CORS), and answers their preflight requests.',
    { danger: 'Without origins every page may read what anybody may read.' },
  ),
  expires: option(either("a time such as '30d', or false", off, expires), 'How long clients may keep answers.', {
    nginx: 'expires',
  }),
  compression: option(
    either(
      'true, false or an object',
      flag,
      object('Compression', 'What is compressed.', {
        gzip: option(encoder('GzipEncoder', 9), 'gzip, level 1 to 9.', { nginx: 'gzip, gzip_comp_level' }),
        brotli: option(encoder('BrotliEncoder', 11), 'Brotli, level 0 to 11.', { nginx: 'brotli, brotli_comp_level' }),
        zstd: option(encoder('ZstdEncoder', 22), 'Zstandard, level 1 to 22.', { nginx: 'zstd, zstd_comp_level' }),
        minLength: option(size, 'Shorter answers are left as they are.', { nginx: 'gzip_min_length' }),
        types: option(list(fullText), "Media types; '*' for all.", {
          nginx: 'gzip_types',
          default: 'text, JSON, XML, SVG, wasm and some fonts',
        }),
        vary: option(flag, 'Tells caches of it: Vary.', { nginx: 'gzip_vary' }),
        proxied: option(list(proxied), 'Which answers to requests that came through proxies.', {
          nginx: 'gzip_proxied',
        }),
        httpVersion: option(oneOf('1.0', '1.1'), 'The least version of HTTP.', { nginx: 'gzip_http_version' }),
        disable: option(list(fullText), 'Patterns of clients that get nothing compressed.', { nginx: 'gzip_disable' }),
      }),
    ),
    'Answers are compressed for clients that take it; false for none.',
    {
      nginx: 'gzip',
      danger: 'What compresses a secret together with what a client sent tells of the secret (BREACH).',
    },
  ),
  gunzip: option(flag, 'Compressed answers are unpacked for clients that do not take them.', { nginx: 'gunzip' }),
  charset: option(
    either(
      'a charset, false or an object',
      off,
      charsetName,
      object('Charset', 'The charset of answers.', {
        charset: option(either('a charset or false', off, charsetName), 'Its name.', { nginx: 'charset' }),
        source: option(
          either('a charset or false', off, charsetName),
          'The charset of the files; they are recoded where it is another one.',
          { nginx: 'source_charset' },
        ),
        override: option(flag, 'Also for answers that name one.', { nginx: 'override_charset' }),
        types: option(list(fullText), 'Media types that get one.', {
          nginx: 'charset_types',
          default: 'those of text',
        }),
      }),
    ),
    'The charset that Content-Type names.',
    { nginx: 'charset' },
  ),
  substitution: option(
    object('Substitution', 'Texts that are replaced in answers.', {
      replacements: option(
        list(
          strict({
            from: needed(fullText, 'The text, whatever its case.'),
            to: needed(text, 'What comes in its place.'),
          }),
        ),
        'What is replaced.',
        { nginx: 'sub_filter' },
      ),
      once: option(flag, 'Only the first one.', { nginx: 'sub_filter_once' }),
      keepsLastModified: option(flag, 'Last-Modified stays.', { nginx: 'sub_filter_last_modified' }),
      types: option(list(fullText), 'Media types in which it is done.', { nginx: 'sub_filter_types' }),
    }),
    'Replaces texts in answers.',
    { nginx: 'sub_filter' },
  ),
  addition: option(
    object('Addition', 'What stands around answers.', {
      before: option(either('a path or false', off, text), 'A path whose answer comes before.', {
        nginx: 'add_before_body',
      }),
      after: option(either('a path or false', off, text), 'A path whose answer comes after.', {
        nginx: 'add_after_body',
      }),
      types: option(list(fullText), 'Media types to which it is added.', { nginx: 'addition_types' }),
    }),
    'Adds other answers before and after the body.',
    { nginx: 'add_before_body' },
  ),
};

const accessLog = object('AccessLog', 'A log of requests.', {
  to: needed(fullText, "A file, maybe with variables, 'stdout' or 'stderr'."),
  format: option(fullText, "A name in `logFormats`, or 'galley', 'galley-json' or 'combined'.", { default: 'galley' }),
  buffer: option(size, 'Lines are kept until there is so much.', { default: 0 }),
  flush: option(duration, 'For how long they are kept at most.', { default: '0s' }),
  gzip: option(wholeNumber(0, 9), 'The level of compression; 0 for none.', { default: 0 }),
  if: option(fullText, "Logged where this is neither empty nor '0'."),
});

const errorLog = object('ErrorLog', 'A log of what goes wrong.', {
  to: needed(fullText, "A file or 'stderr'."),
  level: option(logLevel, 'How much.', { default: 'error' }),
});

export const errorLogOption: Shape = {
  errorLog: option(oneOrMore('a log or a list of logs', errorLog), 'Where failures are logged.', {
    nginx: 'error_log',
  }),
};

/** What is logged. */
export const logOptions: Shape = {
  accessLog: option(
    either('false, a log or a list of logs', off, accessLog, list(accessLog)),
    'Where requests are logged.',
    { nginx: 'access_log' },
  ),
  ...errorLogOption,
  logsSubrequests: option(flag, 'Requests that Galley makes itself are logged as well.', { nginx: 'log_subrequest' }),
};
