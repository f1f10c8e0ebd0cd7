import type { z } from 'zod';
import {
  checkedObject,
  either,
  flag,
  fullText,
  httpsUrl,
  lifetime,
  list,
  needed,
  object,
  off,
  oneOf,
  oneOfNumbers,
  oneOrMore,
  option,
  type Shape,
  webUrl,
  wholeNumber,
} from './types.ts';

const certificateOptions: Shape = {
  certificate: needed(fullText, 'PEM: its own certificate first, then those that lead to the root.', {
    nginx: 'ssl_certificate',
  }),
  key: needed(fullText, 'PEM; may be the same file.', { nginx: 'ssl_certificate_key' }),
  passwordFile: option(fullText, 'Passwords of the key, one a line: the first that fits is used.', {
    nginx: 'ssl_password_file',
  }),
};

const version = oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3');
const names = (what: string): z.ZodType => oneOrMore(`a text such as ${what}, or a list`, fullText);

/** What servers inherit of TLS. */
const sharedOptions: Shape = {
  certificate: option(fullText, "PEM: the server's certificate first, then those that lead to the root.", {
    nginx: 'ssl_certificate',
  }),
  key: option(fullText, 'PEM: the key of `certificate`; may be the same file.', { nginx: 'ssl_certificate_key' }),
  passwordFile: option(fullText, 'Passwords of keys, one a line: the first that fits is used.', {
    nginx: 'ssl_password_file',
  }),
  certificates: option(
    list(object('Certificate', 'A certificate and its key.', certificateOptions)),
    "Several, with keys of different kinds (ECDSA and RSA): the client's offer decides.",
    { nginx: 'ssl_certificate' },
  ),
  preset: option(
    oneOf('modern', 'intermediate', 'old'),
    "Mozilla's: modern is TLS 1.3 alone, old is for clients of before 2014. What else is said here has precedence.",
    { default: 'intermediate' },
  ),
  versions: option(list(version), 'Versions, without a gap.', {
    default: ['TLSv1.2', 'TLSv1.3'],
    nginx: 'ssl_protocols',
    danger: 'TLSv1 and TLSv1.1 have known weaknesses.',
  }),
  ciphers: option(
    names("'ECDHE-ECDSA-AES128-GCM-SHA256'"),
    "OpenSSL's names; 'auto' for those of Node. Names that begin with TLS_ are of TLS 1.3.",
    { nginx: 'ssl_ciphers' },
  ),
  preferServerCiphers: option(flag, "The order of `ciphers` counts, not the client's.", {
    default: 'as the preset says',
    nginx: 'ssl_prefer_server_ciphers',
  }),
  groups: option(names("'X25519'"), "Of the key exchange, by OpenSSL's names; 'auto' for its own.", {
    nginx: 'ssl_ecdh_curve',
  }),
  dhParameters: option(either('a file, or false for no DHE', fullText, off), 'Parameters of DHE, PEM.', {
    default: false,
    nginx: 'ssl_dhparam',
  }),
  tickets: option(flag, 'Sessions are resumed by tickets.', { default: true, nginx: 'ssl_session_tickets' }),
  ticketKeys: option(
    list(fullText),
    'Files of 48 or 80 random bytes that several machines share: the first encrypts tickets. Without any, keys are random and change.',
    { nginx: 'ssl_session_ticket_key' },
  ),
  sessionTimeout: option(lifetime, 'How long a session may be resumed.', {
    default: '1d',
    nginx: 'ssl_session_timeout',
  }),
  clientCertificates: option(
    either(
      'false or an object',
      off,
      object('ClientCertificates', 'What clients show of themselves.', {
        verify: option(
          oneOf('required', 'optional', 'optional-no-ca'),
          'Whether a client must have one; with optional-no-ca it need not lead to a CA that is known.',
          { default: 'required', nginx: 'ssl_verify_client' },
        ),
        ca: option(fullText, 'The CAs, PEM; their names are sent to clients.', { nginx: 'ssl_client_certificate' }),
        depth: option(wholeNumber(0, 100), 'How long a chain may be.', { default: 1, nginx: 'ssl_verify_depth' }),
        crl: option(fullText, 'Certificates that were revoked, PEM.', { nginx: 'ssl_crl' }),
      }),
    ),
    'Clients are asked for a certificate.',
  ),
  stapling: option(
    either(
      'true, false or an object',
      flag,
      object('Stapling', "What the CA says of the certificate's revocation.", {
        file: option(fullText, 'Its answer, DER, in place of asking.', { nginx: 'ssl_stapling_file' }),
        responder: option(webUrl, 'Whom to ask in place of whom the certificate names.', {
          nginx: 'ssl_stapling_responder',
        }),
        verify: option(flag, 'The answer is verified.', { default: true, nginx: 'ssl_stapling_verify' }),
      }),
    ),
    "What the CA says of the certificate's revocation (OCSP) is sent with the handshake.",
    { default: false, nginx: 'ssl_stapling' },
  ),
  rejectHandshake: option(flag, "Whoever asks for one of the server's names gets no connection.", {
    default: false,
    nginx: 'ssl_reject_handshake',
  }),
};

const ownOptions: Shape = {
  acme: option(
    object('ManagedCertificate', 'A certificate that Galley gets and renews by ACME.', {
      issuer: option(fullText, 'Whom to ask, by its name in `issuers`.', {
        default: "the first of `issuers`, else Let's Encrypt",
      }),
      names: option(list(fullText), 'For which names.', { default: '`hosts`' }),
      onDemand: option(
        object('OnDemand', 'A certificate for a name is got when it is asked for the first time.', {
          ask: needed(webUrl, 'This URL is asked first, with ?domain=NAME: 200 means yes.'),
        }),
        'In place of `names`: a certificate for a name is got when somebody asks for it.',
        { danger: 'Whoever points a name here spends a certificate: let `ask` allow only those that are yours.' },
      ),
    }),
    "What `tls: 'auto'` does, with settings.",
  ),
  dev: option(
    object('DevCertificate', "A certificate of a CA of this machine's own.", {
      names: option(list(fullText), 'For which names and IP addresses.', {
        default: '`hosts`, else localhost and this machine',
      }),
      folder: option(fullText, 'Where the CA is kept.', {
        default: 'galley/dev in /var/lib for root, else in the data folder of the user',
      }),
    }),
    "What `tls: 'dev'` does, with settings.",
  ),
};

/** `tls` of what servers inherit. */
export const sharedTls: z.ZodType = object('SharedTls', 'TLS that servers inherit.', sharedOptions);

const tls = object('Tls', 'TLS of a server.', { ...sharedOptions, ...ownOptions });

/** `tls` of a server. */
export const serverTls: z.ZodType = either("'auto', 'dev' or an object", oneOf('auto', 'dev'), tls);

/** `tls` of an address. */
export const listenTls: z.ZodType = either("true, 'auto', 'dev' or an object", flag, oneOf('auto', 'dev'), tls);

/** Of servers and of what they inherit. */
export const hstsOption: Shape = {
  hsts: option(
    either(
      "a time such as '1y', false or an object",
      lifetime,
      off,
      object('Hsts', 'How long browsers come back with TLS alone (RFC 6797).', {
        maxAge: needed(lifetime, 'For how long; 0s lets them forget it.'),
        includeSubDomains: option(flag, 'For all names below as well.', { default: false }),
        preload: option(flag, 'Browsers may have it built in: see hstspreload.org.', { default: false }),
      }),
    ),
    'Answers over TLS have Strict-Transport-Security: browsers come back with TLS alone.',
    { danger: 'Browsers do not come back without TLS until its time is over.' },
  ),
};

/** Of servers. */
export const redirectOption: Shape = {
  redirectToHttps: option(
    either(
      'true, false or an object',
      flag,
      object('RedirectToHttps', 'How requests without TLS are redirected.', {
        port: option(wholeNumber(1, 65_535), 'Where TLS is.', {
          default: "that of the server's own address with TLS, else 443",
        }),
        status: option(oneOfNumbers(301, 302, 307, 308), 'The status; with 307 and 308 the method stays.', {
          default: 308,
        }),
      }),
    ),
    'Requests without TLS are sent to the same path with https; those below /.well-known/acme-challenge/ are not.',
    { default: false },
  ),
};

/** Whom certificates are got from. */
export const issuer: z.ZodType = checkedObject(
  'Issuer',
  'A CA that is asked by ACME (RFC 8555).',
  {
    directory: option(httpsUrl, 'The URL of its directory.', { default: "Let's Encrypt", nginx: 'acme_issuer uri' }),
    staging: option(
      flag,
      "The staging environment of Let's Encrypt, for trying: browsers do not trust its certificates.",
      {
        default: false,
      },
    ),
    email: option(oneOrMore('an address, or a list', fullText), 'Whom the CA may write to.', {
      nginx: 'acme_issuer contact',
    }),
    acceptTerms: option(flag, 'You accept its terms of service.', {
      default: true,
      nginx: 'acme_issuer accept_terms_of_service',
    }),
    folder: option(fullText, 'Where account, keys and certificates are kept.', {
      default: 'galley/acme in /var/lib for root, else in the data folder of the user',
      nginx: 'acme_issuer state_path',
    }),
    challenges: option(
      list(oneOf('http-01', 'tls-alpn-01', 'dns-01')),
      'How a name is proved to be yours, the best first; those that the addresses do not allow come last. A wildcard takes dns-01.',
      {
        default: 'http-01, tls-alpn-01, and dns-01 with a `dnsHook`',
        nginx: 'acme_issuer challenge',
      },
    ),
    dnsHook: option(list(fullText), 'A program and its arguments that sets and removes TXT records, for dns-01.'),
    ca: option(fullText, 'CAs that the directory itself is verified with, PEM.', {
      default: "the system's",
      nginx: 'acme_issuer ssl_trusted_certificate',
    }),
    externalAccount: option(
      object('ExternalAccount', 'An account that the CA knows from elsewhere (RFC 8555 section 7.3.4).', {
        keyId: needed(fullText, 'The id that the CA gave.'),
        keyFile: needed(fullText, 'A file with the key that the CA gave, base64url.'),
      }),
      'An account that the CA knows from elsewhere.',
      { nginx: 'acme_issuer external_account_key' },
    ),
    keyType: option(oneOf('p256', 'p384', 'rsa2048', 'rsa4096'), 'The kind of key of certificates.', {
      default: 'p256',
    }),
    profile: option(fullText, "A certificate profile of the CA, such as 'shortlived'.", {
      nginx: 'acme_issuer profile',
    }),
  },
  'it takes either "directory" or "staging"',
  ({ directory, staging }) => directory !== undefined && staging === true,
);
