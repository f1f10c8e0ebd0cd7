import { z } from 'zod';
import {
  duration,
  either,
  flag,
  fullText,
  list,
  needed,
  object,
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

const errorPage = object('ErrorPage', 'What clients get in place of some failures.', {
  statuses: needed(list(wholeNumber(300, 599)), 'For which statuses.'),
  target: needed(fullText, "A path of this server, '@name' for a location, or a URL to which clients are redirected."),
  status: option(
    either("a status from 200 on or 'handler'", wholeNumber(200, 599), oneOf('handler')),
    "The status that clients get: 'handler' for that of what answers.",
    { default: 'that of the failure' },
  ),
});

const statusTable = z.record(
  z.string().regex(/^[345]\d\d$/, { error: 'it takes statuses such as 404 as names' }),
  fullText,
  { error: (issue) => (issue.code === 'invalid_type' ? 'it takes an object' : undefined) },
);

/** Answers that need nobody: content, so that limits and access come first. */
export const answerOptions: Shape = {
  redirect: option(
    either(
      'a URL or path, or { to, status }',
      fullText,
      strict({
        to: needed(fullText, 'Where to: a URL, or a path of this server; may have variables.'),
        status: option(
          either('301, 302, 303, 307 or 308', wholeNumber(301, 303), wholeNumber(307, 308)),
          'The status.',
          { default: 302 },
        ),
      }),
    ),
    'Redirects clients that limits and access let pass; of a server, where no location is for the path.',
    { nginx: 'return', danger: 'Where `$uri` or a capture stands before the path, clients can choose the host.' },
  ),
  respond: option(
    either(
      'a status, a text, or { status, text }',
      wholeNumber(200, 999),
      text,
      strict({
        status: option(
          wholeNumber(200, 999),
          'The status; 444 without a text closes the connection without an answer.',
          {
            default: 200,
          },
        ),
        text: option(text, 'The body; may have variables.'),
        type: option(fullText, 'Its media type.', { default: 'text/plain' }),
      }),
    ),
    'Answers clients that limits and access let pass; of a server, where no location is for the path.',
    { nginx: 'return' },
  ),
};

/** Who answers: nothing of it is inherited but `internal`. */
export const ownContentOptions: Shape = {
  app: option(fullText, 'The app that answers, by its name in `apps`.', { nginx: 'app_pass' }),
  stubStatus: option(flag, 'Answers with counts of connections and requests, as nginx tells them.', {
    nginx: 'stub_status',
    danger: 'Tells everybody how busy the server is: allow it to some addresses alone.',
  }),
  emptyGif: option(flag, 'Answers with one transparent pixel.', { nginx: 'empty_gif' }),
  internal: option(flag, 'Reached by redirects inside the server alone; clients get 404.', { nginx: 'internal' }),
  tryFiles: option(
    list(fullText),
    "The first of these that exists is served, a folder where it ends with '/'; the last one is a path, '@name' or '=STATUS' for where none does.",
    { nginx: 'try_files' },
  ),
};

/** What holds whoever answers. */
export const contentOptions: Shape = {
  errorPages: option(
    either('a table of statuses and targets, or a list', statusTable, list(errorPage)),
    'What clients get in place of some failures, such as { 404: "/404.html" }.',
    { nginx: 'error_page' },
  ),
  recursiveErrorPages: option(flag, 'Failures of error pages have error pages too.', {
    nginx: 'recursive_error_pages',
  }),
  mirrors: option(list(fullText), 'Each request is made once more at these paths; their answers are thrown away.', {
    nginx: 'mirror',
  }),
  mirrorsBody: option(flag, 'Mirrored requests have the body.', { nginx: 'mirror_request_body' }),
  maxBodySize: option(size, 'The longest request body; 0 for any.', {
    nginx: 'client_max_body_size',
    danger: 'Long bodies take memory and disk of whoever reads them.',
  }),
  bodyTimeout: option(duration, 'The longest silence inside a request body.', { nginx: 'client_body_timeout' }),
  absoluteRedirects: option(flag, 'Redirects that Galley makes name scheme and host.', { nginx: 'absolute_redirect' }),
  portInRedirects: option(flag, 'They name the port as well.', { nginx: 'port_in_redirect' }),
  serverNameInRedirects: option(flag, "They name the server's first host in place of the request's.", {
    nginx: 'server_name_in_redirect',
  }),
  serverHeader: option(
    either("'name', 'full' or { text }", oneOf('name', 'full'), strict({ text: needed(text, 'What it says.') })),
    'What the field Server says: the name, name and version, or a text.',
    { nginx: 'server_tokens' },
  ),
};

const encoding = oneOf('gzip', 'br', 'zstd');

/** Which files are served, and how. */
export const fileOptions: Shape = {
  root: option(
    either(
      'a folder, or { path, alias: true }',
      fullText,
      strict({
        path: needed(fullText, 'The folder; may have variables.'),
        alias: needed(flag, "It stands for the location's path exactly as both are written."),
      }),
    ),
    "The folder to which the request's path is added; relative to the config.",
    { nginx: 'root', default: 'no files' },
  ),
  index: option(oneOrMore('a name or a list of names', fullText), 'The file of a folder that is served for it.', {
    nginx: 'index',
  }),
  autoindex: option(
    either(
      'true, false or an object',
      flag,
      object('Autoindex', 'Lists of folders.', {
        enabled: option(flag, 'Whether there are any.'),
        format: option(oneOf('html', 'xml', 'json', 'jsonp'), 'How they are written.', { nginx: 'autoindex_format' }),
        exactSize: option(flag, 'Sizes in bytes.', { nginx: 'autoindex_exact_size' }),
        localTime: option(flag, 'Local time in place of UTC.', { nginx: 'autoindex_localtime' }),
      }),
    ),
    'Folders without an index are listed.',
    { nginx: 'autoindex', danger: 'Shows files to which nothing links.' },
  ),
  types: option(table(fullText), 'Media types by extension, without the dot; replaces the table.', {
    nginx: 'types',
    default: 'the usual ones',
  }),
  defaultType: option(text, 'The media type of other extensions.', { nginx: 'default_type' }),
  etag: option(flag, 'Files have an ETag.', { nginx: 'etag' }),
  ifModifiedSince: option(
    oneOf('off', 'exact', 'before'),
    'When If-Modified-Since is answered by 304: never, at the very time, or also later.',
    { nginx: 'if_modified_since' },
  ),
  maxRanges: option(
    either("a number or 'any'", wholeNumber(0, 1_000_000), oneOf('any')),
    'How many ranges one request may ask for; 0 for none.',
    { nginx: 'max_ranges' },
  ),
  precompressed: option(
    either(
      'true, false or a list of encodings',
      flag,
      list(
        either(
          "'gzip', 'br' or 'zstd'",
          encoding,
          strict({
            encoding: needed(encoding, 'Its extension is .gz, .br or .zst.'),
            always: needed(flag, 'Also for clients that did not ask for it.'),
          }),
        ),
      ),
    ),
    'Files beside the file are sent in its place where the client takes them, best first; true for br, zstd and gzip.',
    { nginx: 'gzip_static' },
  ),
  symlinks: option(oneOf('allow', 'deny', 'same-owner'), 'Whether symbolic links below the root are followed.', {
    nginx: 'disable_symlinks',
    danger: 'Who may write below the root can show any file that Galley may read.',
  }),
  dotfiles: option(oneOf('allow', 'deny'), 'Whether what begins with a dot is served; /.well-known/ always is.', {
    danger: 'Shows .git, .env and the like.',
  }),
  logsNotFound: option(flag, 'The error log tells of missing files.', { nginx: 'log_not_found' }),
};
