import type { Option } from './option-table.ts';
import { flag, text, type ValueType } from './value-type.ts';

/** The value of `--tls`: how there is a certificate, or the files of one. */
export type TlsOption = 'auto' | 'dev' | CertificateFiles;

/** PEM; the key may be in the same file. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** The type of the value of every option of TLS. */
export interface TlsOptionValues {
  readonly tls: TlsOption | undefined;
  readonly domain: string | undefined;
  readonly email: string | undefined;
  readonly 'acme-staging': boolean;
  readonly certfile: string | undefined;
  readonly keyfile: string | undefined;
  readonly 'keyfile-password': string | undefined;
  readonly 'ca-certs': string | undefined;
  readonly 'cert-reqs': ClientCertificates;
  readonly ciphers: string | undefined;
  readonly 'ssl-version': string | undefined;
}

/** What clients are asked for. */
export type ClientCertificates = 'none' | 'optional' | 'required';

const tls: ValueType<TlsOption | undefined> = {
  placeholder: 'HOW',
  allowed: 'auto, dev, or CERT.pem:KEY.pem',
  choices: [],
  parse(given) {
    if (given === 'auto' || given === 'dev') return given;
    const [, certificate, key = certificate] = /^([^:]+)(?::([^:]+))?$/.exec(given) ?? [];
    // A word is rather one of the two above, mistyped.
    if (certificate === undefined || key === undefined || /^\w+$/.test(given)) return undefined;
    return { certificate, key };
  },
};

const domain: ValueType<string | undefined> = {
  placeholder: 'NAME',
  allowed: 'a host name such as example.com, without a port',
  choices: [],
  parse: (given) => (/^[^\s:/,]+$/.test(given) ? given : undefined),
};

const email: ValueType<string | undefined> = {
  placeholder: 'ADDRESS',
  allowed: 'an address such as me@example.com',
  choices: [],
  parse: (given) => (/^[^\s@]+@[^\s@]+$/.test(given) ? given : undefined),
};

/** As Python's `ssl` counts them. */
const requirements: readonly ClientCertificates[] = ['none', 'optional', 'required'];

const certReqs: ValueType<ClientCertificates> = {
  placeholder: 'NUMBER',
  allowed: '0 for none, 1 for optional or 2 for required',
  choices: [],
  parse: (given) => (/^\d$/.test(given) ? requirements[Number(given)] : requirements.find((each) => each === given)),
};

/** Options of TLS, in the order of the help. */
export const tlsOptionTable: { readonly [Name in keyof TlsOptionValues]: Option<TlsOptionValues[Name]> } = {
  tls: {
    group: 'TLS',
    type: tls,
    default: undefined,
    doc: "Serve https, HTTP/2 too. CERT.pem:KEY.pem are files of yours; may be given several times, for keys of different kinds. auto gets a certificate for each --domain from Let's Encrypt and renews it: it listens on ports 443 and 80, unless --bind says otherwise, and by it you accept the CA's terms of service. dev is for development: a certificate of a CA of this machine's own.",
  },
  domain: {
    group: 'TLS',
    type: domain,
    default: undefined,
    doc: 'What --tls auto gets a certificate for; may be given several times. With --tls dev, a name beside localhost and this machine.',
  },
  email: { group: 'TLS', type: email, default: undefined, doc: 'Where the CA of --tls auto may write to.' },
  'acme-staging': {
    group: 'TLS',
    type: flag,
    default: false,
    doc: "Try --tls auto with the staging environment of Let's Encrypt, whose certificates browsers do not trust.",
  },
  certfile: {
    group: 'TLS',
    type: text('FILE'),
    default: undefined,
    alias: 'ssl-certfile',
    doc: 'The certificate, PEM, as --tls CERT.pem.',
  },
  keyfile: {
    group: 'TLS',
    type: text('FILE'),
    default: undefined,
    defaultText: 'the file of the certificate',
    alias: 'ssl-keyfile',
    doc: 'Its key, PEM.',
  },
  'keyfile-password': {
    group: 'TLS',
    type: text('TEXT'),
    default: undefined,
    alias: 'ssl-keyfile-password',
    doc: 'The password of the key. Whoever can list processes reads it: the passwordFile of a config is better.',
  },
  'ca-certs': {
    group: 'TLS',
    type: text('FILE'),
    default: undefined,
    alias: 'ssl-ca-certs',
    doc: 'The CAs that certificates of clients are verified with, PEM; see --cert-reqs.',
  },
  'cert-reqs': {
    group: 'TLS',
    type: certReqs,
    default: 'none',
    alias: 'ssl-cert-reqs',
    doc: 'Whether clients are asked for a certificate: 0 no, 1 yes, 2 they must have one.',
  },
  ciphers: {
    group: 'TLS',
    type: text('LIST'),
    default: undefined,
    defaultText: "Mozilla's intermediate ones",
    alias: 'ssl-ciphers',
    doc: 'Ciphers of TLS 1.2, as OpenSSL lists them.',
  },
  'ssl-version': {
    group: 'TLS',
    type: text('VERSION'),
    default: undefined,
    doc: 'Is not used, as in Gunicorn: TLS 1.2 and 1.3 are spoken. A config can say others.',
  },
};
