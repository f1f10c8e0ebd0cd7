import {
  count,
  either,
  flag,
  fullText,
  list,
  logLevel,
  needed,
  object,
  off,
  oneOf,
  option,
  rate,
  type Shape,
  size,
  sizeTemplate,
  status,
  strict,
  table,
  text,
  wholeNumber,
} from './types.ts';

const accessRules = list(
  either(
    '{ allow } or { deny } with an address, a network or "all"',
    strict({ allow: needed(fullText, "An address, a network such as 10.0.0.0/8, 'unix:' or 'all'.") }),
    strict({ deny: needed(fullText, 'The same.') }),
  ),
);

const basicAuth = object('BasicAuth', 'Names and passwords.', {
  realm: option(either('a text or false', off, text), 'What is shown to users; false for no passwords.', {
    nginx: 'auth_basic',
  }),
  userFile: option(fullText, 'A file as htpasswd writes it.', { nginx: 'auth_basic_user_file' }),
});

/** Who may. */
export const accessOptions: Shape = {
  access: option(accessRules, 'The first that fits the client counts; who fits none may.', { nginx: 'allow, deny' }),
  satisfy: option(oneOf('all', 'any'), 'Whether addresses, passwords and authRequest must all allow it, or any.', {
    nginx: 'satisfy',
  }),
  basicAuth: option(either('false or an object', off, basicAuth), 'Asks for name and password.', {
    nginx: 'auth_basic',
    danger: 'Passwords are readable on the way where there is no TLS.',
  }),
  authRequest: option(
    either(
      'false, a path, or { uri, set }',
      off,
      fullText,
      strict({
        uri: option(either('a path or false', off, fullText), 'The path that is asked; 2xx allows.'),
        set: option(table(text), 'Variables that are set after it, by name.', { nginx: 'auth_request_set' }),
      }),
    ),
    'Asks another path of this server whether the request is allowed.',
    { nginx: 'auth_request' },
  ),
  limitExcept: option(
    object('LimitExcept', 'Who may use other methods.', {
      methods: needed(list(fullText), 'The methods that everybody may use; GET stands for HEAD too.'),
      access: option(accessRules, 'Who may use the others.', { nginx: 'allow, deny' }),
      basicAuth: option(
        either(
          'false or { realm, userFile }',
          off,
          strict({
            realm: needed(text, 'What is shown to users.'),
            userFile: needed(fullText, 'A file as htpasswd writes it.'),
          }),
        ),
        'The password for the others; false for none.',
        { default: 'that of the location' },
      ),
    }),
    'Restricts all methods but these.',
    { nginx: 'limit_except' },
  ),
  referers: option(
    object('Referers', 'What Referer may be; `$invalid_referer` is 1 for all else.', {
      none: option(flag, 'None.'),
      blocked: option(flag, 'One without http:// or https://.'),
      names: option(list(fullText), 'Hosts, with * and a path where wanted; patterns begin with ~.'),
      serverNames: option(flag, 'The hosts of the server.'),
    }),
    'Makes `$invalid_referer`.',
    { nginx: 'valid_referers' },
  ),
  secureLink: option(
    either(
      '{ link, md5 } or { secret }',
      strict({
        link: option(text, 'The checksum and maybe the time of expiry that the client sent.', { nginx: 'secure_link' }),
        md5: option(text, 'What the checksum is of.', { nginx: 'secure_link_md5' }),
      }),
      strict({ secret: needed(fullText, 'The word that is hashed with the link.', { nginx: 'secure_link_secret' }) }),
    ),
    'Checks signed links: makes `$secure_link`.',
    { nginx: 'secure_link', danger: 'MD5 of a guessable secret can be forged.' },
  ),
  userId: option(
    either(
      'false or an object',
      off,
      object('UserId', 'A cookie that tells clients apart.', {
        mode: option(
          either("'on', 'v1', 'log' or false", off, oneOf('on', 'v1', 'log')),
          'Whether it is set; log only reads it.',
          { nginx: 'userid' },
        ),
        name: option(fullText, 'Its name.', { nginx: 'userid_name' }),
        domain: option(either('a text or false', off, fullText), 'Its domain.', { nginx: 'userid_domain' }),
        path: option(fullText, 'Its path.', { nginx: 'userid_path' }),
        expires: option(
          either("seconds, 'max' or false", off, count, oneOf('max')),
          'Seconds that it is kept; false for the session.',
          { nginx: 'userid_expires' },
        ),
        p3p: option(either('a text or false', off, fullText), 'The field P3P.', { nginx: 'userid_p3p' }),
        mark: option(either('a character or false', off, fullText), 'The mark of a cookie that is set anew.', {
          nginx: 'userid_mark',
        }),
        service: option(
          either('a number or false', off, wholeNumber(0, 4_294_967_295)),
          'The number of this server in it.',
          { nginx: 'userid_service' },
        ),
        flags: option(list(fullText), "'secure', 'httponly', 'samesite=lax' and so on.", { nginx: 'userid_flags' }),
      }),
    ),
    'Sets a cookie that tells clients apart.',
    { nginx: 'userid' },
  ),
};

const burst = option(count, 'How many requests above the rate are let through.', { default: 0 });
const delayAfter = option(
  either("a number or 'never'", count, oneOf('never')),
  'From which of the burst on requests wait, so that the rate is kept.',
  { default: 'never' },
);

const rateLimit = either(
  '{ key, rate } or { zone }',
  object('RateLimit', 'How often a client, or whatever the key tells apart, may ask.', {
    key: needed(
      fullText,
      "What is counted by, such as '$remote_addr'; requests for which it is empty are not limited.",
    ),
    rate: needed(rate, "How often, such as '10/s' or '30/m'."),
    burst,
    delayAfter,
    memory: option(size, 'Memory for keys.', { default: '10m' }),
  }),
  object('ZoneRateLimit', 'The same with counts that are shared.', {
    zone: needed(fullText, 'The name in `requestZones`.'),
    burst,
    delayAfter,
  }),
);

const connectionLimit = either(
  '{ key, number } or { zone, number }',
  object('ConnectionLimit', 'How many requests there may be at a time.', {
    key: needed(fullText, "What is counted by, such as '$remote_addr'."),
    number: needed(count, 'How many.'),
    memory: option(size, 'Memory for keys.', { default: '10m' }),
  }),
  object('ZoneConnectionLimit', 'The same with counts that are shared.', {
    zone: needed(fullText, 'The name in `connectionZones`.'),
    number: needed(count, 'How many.'),
  }),
);

/** How much. */
export const limitOptions: Shape = {
  rateLimit: option(
    either('false, a limit or a list of limits', off, rateLimit, list(rateLimit)),
    'How often may be asked.',
    { nginx: 'limit_req' },
  ),
  rateLimitStatus: option(status, 'The status of what is refused.', { nginx: 'limit_req_status' }),
  rateLimitDryRun: option(flag, 'Nothing is refused, but logged.', { nginx: 'limit_req_dry_run' }),
  rateLimitLogLevel: option(logLevel, 'How refusals are logged.', { nginx: 'limit_req_log_level' }),
  connectionLimit: option(
    either('false, a limit or a list of limits', off, connectionLimit, list(connectionLimit)),
    'How much may be asked at a time.',
    { nginx: 'limit_conn' },
  ),
  connectionLimitStatus: option(status, 'The status of what is refused.', { nginx: 'limit_conn_status' }),
  connectionLimitDryRun: option(flag, 'Nothing is refused, but logged.', { nginx: 'limit_conn_dry_run' }),
  connectionLimitLogLevel: option(logLevel, 'How refusals are logged.', { nginx: 'limit_conn_log_level' }),
  limitRate: option(
    either('false or a size, maybe with variables', off, sizeTemplate, wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    'Bytes per second of one answer.',
    { nginx: 'limit_rate' },
  ),
  limitRateAfter: option(
    either('false or a size, maybe with variables', off, sizeTemplate, wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    'How much of an answer is sent at any speed.',
    { nginx: 'limit_rate_after' },
  ),
};
