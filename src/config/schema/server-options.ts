import type { z } from 'zod';
import { accessOptions, limitOptions } from './access-options.ts';
import { cacheOptions } from './cache-options.ts';
import { answerOptions, contentOptions, fileOptions, ownContentOptions } from './content-options.ts';
import { proxyOptions, sharedProxyOptions } from './proxy-options.ts';
import { logOptions, replyOptions } from './reply-options.ts';
import { hstsOption, listenTls, redirectOption, serverTls, sharedTls } from './tls-options.ts';
import {
  address,
  count,
  duration,
  either,
  flag,
  fullText,
  list,
  locationPath,
  needed,
  object,
  oneOf,
  option,
  type Shape,
  size,
  strict,
  text,
  variableName,
  wholeNumber,
} from './types.ts';

const blockOptions: Shape = {
  ...contentOptions,
  ...fileOptions,
  ...accessOptions,
  ...limitOptions,
  ...cacheOptions,
  ...replyOptions,
  ...logOptions,
};

const not = option(flag, 'The opposite.', { default: false });
const variable = needed(variableName, 'The variable, without the $.');

const condition = either(
  'an object such as { variable: "arg_debug" }',
  object('SetCondition', "Neither empty nor '0'.", { variable }),
  object('EqualsCondition', 'Whether a variable has a value.', {
    variable,
    equals: needed(text, 'The value; may have variables.'),
    not,
  }),
  object('MatchesCondition', 'Whether a variable fits a pattern.', {
    variable,
    matches: needed(text, 'The pattern; its captures are $1 and so on.'),
    ignoreCase: option(flag, 'Whatever its case.', { default: false }),
    not,
  }),
  object('FileCondition', 'Whether there is a file.', { file: needed(fullText, 'Its path.'), not }),
  object('DirectoryCondition', 'Whether there is a folder.', { directory: needed(fullText, 'Its path.'), not }),
  object('ExistsCondition', 'Whether there is anything.', { exists: needed(fullText, 'Its path.'), not }),
  object('ExecutableCondition', 'Whether there is a program.', { executable: needed(fullText, 'Its path.'), not }),
);

const rule: z.ZodType = either(
  "{ set, value }, { rewrite, to }, { return }, { if, rules } or 'break'",
  object('SetRule', 'Sets a variable.', {
    set: needed(variableName, 'The variable, without the $.'),
    value: needed(text, 'Its value; may have variables.'),
  }),
  object('RewriteRule', 'Changes the path of a request.', {
    rewrite: needed(fullText, 'The pattern that the path fits.'),
    to: needed(
      text,
      'The new path, or a URL to which clients are redirected; $1 and so on are what the pattern captured.',
    ),
    flag: option(
      oneOf('last', 'break', 'redirect', 'permanent'),
      'last: a location is looked for anew; break: no further rule; the others redirect clients.',
    ),
  }),
  object('ReturnRule', 'Answers.', {
    return: needed(wholeNumber(200, 999), 'The status; 444 without a text closes the connection without an answer.'),
    text: option(text, 'The body, or for a redirect where to.'),
  }),
  oneOf('break'),
  object('IfRule', 'Rules and settings that hold where a condition does.', {
    if: needed(condition, 'The condition.'),
    get rules(): z.ZodType {
      return option(list(rule), 'What is done then.');
    },
    settings: option(
      object('IfSettings', 'Settings of an `if`.', { ...ownContentOptions, ...proxyOptions, ...blockOptions }),
      'What holds for the request from then on. Neither `tryFiles` of the location nor settings of an `if` before it do then.',
    ),
  }),
).meta({ id: 'Rule', description: 'One step of what is done before anything answers.' });

const ruleOption: Shape = {
  rules: option(list(rule), 'What is done in order before anything answers.', {
    nginx: 'set, rewrite, return, break, if',
  }),
};

const location: z.ZodType = object('Location', 'What holds for some paths.', {
  path: needed(
    locationPath,
    "'/x/' for all that begins with it, '= /x' for this one, '^~ /x/' where no pattern is to be looked at, '~ pattern' or '~* pattern' whatever the case, '@name' for redirects inside the server.",
    { nginx: 'location' },
  ),
  files: option(
    fullText,
    "The folder that the location's path stands for, or the file where that is one path; relative to the config.",
    { nginx: 'alias' },
  ),
  ...ownContentOptions,
  ...proxyOptions,
  ...answerOptions,
  ...blockOptions,
  ...ruleOption,
  get locations(): z.ZodType {
    return option(list(location), 'Locations inside of this one.');
  },
});

const connection = object(
  'Connection',
  'What holds before the host of a request is known: that of the default server of an address.',
  {
    headTimeout: option(duration, 'From the first byte of a head to its last.', { nginx: 'client_header_timeout' }),
    sendTimeout: option(duration, 'Longest time in which a client takes nothing of an answer.', {
      nginx: 'send_timeout',
    }),
    keepAlive: option(duration, 'The longest silence between requests.', { nginx: 'keepalive_timeout' }),
    keepAliveRequests: option(count, 'How many requests a connection may have.', { nginx: 'keepalive_requests' }),
    keepAliveTime: option(duration, 'How long a connection is kept in all.', { nginx: 'keepalive_time' }),
    maxHeadSize: option(size, 'The whole head.', { nginx: 'large_client_header_buffers' }),
    maxFieldSize: option(size, 'One field.', { nginx: 'large_client_header_buffers' }),
    maxFieldCount: option(count, 'The number of fields.', { nginx: 'max_headers' }),
    maxTargetSize: option(size, 'The path with its query.', { nginx: 'large_client_header_buffers' }),
    maxStreams: option(count, 'HTTP/2 streams that one connection may have open.', {
      nginx: 'http2_max_concurrent_streams',
    }),
    underscoresInHeaders: option(flag, 'Fields with _ in their names are kept.', {
      nginx: 'underscores_in_headers',
      danger: 'Apps take X_Forwarded_For for X-Forwarded-For: clients can forge what a proxy says.',
    }),
  },
);

const serverBlockOptions: Shape = {
  ...blockOptions,
  connection: option(connection, 'Timeouts and limits of connections.'),
  mergeSlashes: option(flag, 'Two slashes of a path are one.', { nginx: 'merge_slashes', default: true }),
  realIp: option(
    object('RealIp', "Whose word is taken for the client's address.", {
      from: option(list(fullText), 'Addresses and networks of proxies.', { nginx: 'set_real_ip_from' }),
      header: option(fullText, 'The field that names it.', { nginx: 'real_ip_header' }),
      recursive: option(flag, 'The last address that is of no proxy counts.', { nginx: 'real_ip_recursive' }),
    }),
    "Whose word is taken for the client's address.",
    { danger: 'Who is on the list can pass for any client.' },
  ),
  ...hstsOption,
  http2: option(flag, 'HTTP/2 is offered to clients that come with TLS.', { default: true, nginx: 'http2' }),
};

/** What servers inherit. */
export const sharedOptions: z.ZodType = object('Defaults', 'What servers inherit.', {
  ...serverBlockOptions,
  tls: option(sharedTls, 'TLS that servers inherit.'),
  ...sharedProxyOptions,
});

export const server: z.ZodType = object('Server', 'One site.', {
  listen: needed(
    list(
      either(
        "an address such as ':80', or { address }",
        address,
        strict({
          address: needed(address, 'HOST:PORT, :PORT for all addresses, [IPV6]:PORT or unix:PATH.'),
          default: option(flag, 'This server answers for hosts that none is for.', { default: 'the first one' }),
          tls: option(
            listenTls,
            "TLS: true for that of `tls` of the server, 'auto' for a certificate of Let's Encrypt, 'dev' for one of a CA of this machine's own.",
            {
              default: false,
              nginx: 'listen ssl',
            },
          ),
          http2: option(flag, 'HTTP/2 whichever server it is; without TLS to clients that begin with it.', {
            default: false,
            nginx: 'listen http2',
          }),
          http3: option(
            flag,
            'HTTP/3 on the same port of UDP, and answers that tell of it (Alt-Svc). An experiment: only where Galley runs on Bun.',
            { default: false, nginx: 'listen quic' },
          ),
          ipv6Only: option(flag, 'An IPv6 address takes no IPv4 connections.', {
            nginx: 'listen ipv6only',
            default: true,
          }),
          proxyProtocol: option(flag, 'Each connection begins with a PROXY protocol header that tells of its client.', {
            nginx: 'listen proxy_protocol',
            danger: 'Whoever can connect can pass for any client: let only the proxy in.',
            default: false,
          }),
          backlog: option(count, 'How many connections may wait in the kernel.'),
        }),
      ),
    ),
    'Where it listens.',
    { nginx: 'listen' },
  ),
  hosts: option(
    list(text),
    "Its hosts: 'example.com', '*.example.com', '.example.com' for both, 'www.example.*' or '~pattern'.",
    { nginx: 'server_name' },
  ),
  files: option(fullText, 'The folder of its files; relative to the config.', { nginx: 'root' }),
  ...ownContentOptions,
  ...proxyOptions,
  ...answerOptions,
  tls: option(
    serverTls,
    "TLS, on those of its addresses that have it: certificates, or 'auto' or 'dev' as for an address.",
    {
      nginx: 'ssl_*',
    },
  ),
  ...redirectOption,
  ...serverBlockOptions,
  ...ruleOption,
  locations: option(list(location), 'What holds for some paths.', { nginx: 'location' }),
});
