import { isIP } from 'node:net';
import { join } from 'node:path';
import type { AcmeChallengeKind, AcmeIssuerPlan } from '../../../../plan/tls-plan.ts';
import { isHostName } from '../../../../tls/managed/host-name.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handlers, readFlag } from '../handlers.ts';
import { managedCertificate } from '../ssl-draft.ts';

/** nginx's acme module: issuers, and the certificates that they are asked for. */
export const acmeHandlers: Handlers = {
  acme_issuer: (directive, _scope, adaptation) => {
    const { text: name } = argument(directive, 0);
    if (adaptation.issuers.some((issuer) => issuer.name === name)) {
      adaptation.error(directive, '"acme_issuer" directive is duplicate');
      return;
    }
    let issuer: AcmeIssuerPlan = {
      kind: 'acme',
      name,
      directory: '',
      contacts: [],
      acceptsTerms: false,
      folder: join(adaptation.context.prefix, `acme_${name}`),
      challenges: ['http-01'],
      dnsHook: undefined,
      trustedCertificate: undefined,
      externalAccount: undefined,
      keyType: 'p256',
      profile: undefined,
    };
    for (const each of directive.block ?? []) {
      const read = Object.hasOwn(fields, each.name) ? fields[each.name] : undefined;
      issuer = { ...issuer, ...read?.(each, adaptation, issuer) };
    }
    adaptation.issuers.push(issuer);
    const saysUri = directive.block?.some((each) => each.name === 'uri');
    if (!saysUri) adaptation.error(directive, '"uri" is missing in "acme_issuer"');
  },

  acme_certificate: (directive, scope, adaptation) => {
    const [issuer, ...others] = directive.args;
    if (!issuer) return;
    const said = others.filter(({ text }) => !text.startsWith('key='));
    const key = others.findLast(({ text }) => text.startsWith('key='));
    adaptation.later(() => {
      // Without `server_name` there are none.
      const found = [...(scope.server?.names ?? [])].map(([text, at]) => ({ text, isQuoted: false, at }));
      const names = said.length > 0 ? said : found.filter(({ text }) => text !== '');
      const managed = { issuer: issuer.text, names: identifiers(names, adaptation), onDemand: undefined };
      if (names.length === 0) adaptation.error(directive, 'no names for the certificate of "acme_certificate"');
      scope.ssl = { ...scope.ssl, managed };
      takeKeyType(issuer, key, adaptation);
      if (!scope.ssl.certificates?.some(({ text }) => text === managedCertificate)) {
        const hint = `write "ssl_certificate ${managedCertificate}" and "ssl_certificate_key ${managedCertificate}_key"`;
        adaptation.warn(directive, 'nothing shows the certificate of "acme_certificate"', hint);
      }
    });
  },
};

/** Names that a certificate can be for; of the others it is told. */
function identifiers(places: readonly Argument[], adaptation: Adaptation): readonly string[] {
  const names = places.flatMap((place) => {
    const text = place.text.toLowerCase();
    if (text.startsWith('~')) {
      adaptation.warn(place, `no certificate for the regular expression "${place.text}"`);
      return [];
    }
    // nginx: with "www." and without it.
    if (text.startsWith('.') && isHostName(text.slice(1))) return [`www${text}`, text.slice(1)];
    if (isHostName(text) || isIP(text) !== 0) return [text];
    const hint = 'certificates for wildcards need "dns-01", which a typed config has';
    return adaptation.unsupported(place, `no certificate can be got for "${place.text}"`, hint) ?? [];
  });
  return [...new Set(names)];
}

const keyTypes: ReadonlyMap<string, AcmeIssuerPlan['keyType']> = new Map([
  ['ecdsa', 'p256'],
  ['ecdsa:256', 'p256'],
  ['ecdsa:384', 'p384'],
  ['rsa', 'rsa2048'],
  ['rsa:2048', 'rsa2048'],
  ['rsa:4096', 'rsa4096'],
]);

/** Galley has one type of key for all certificates of an issuer; nginx has one for each certificate. */
function takeKeyType(name: Argument, key: Argument | undefined, adaptation: Adaptation): void {
  const at = adaptation.issuers.findIndex((issuer) => issuer.name === name.text);
  const issuer = adaptation.issuers[at];
  if (!issuer) {
    adaptation.error(name, `issuer "${name.text}" is not defined`);
    return;
  }
  const keyType = keyTypes.get(key?.text.slice('key='.length) ?? 'ecdsa');
  if (keyType === undefined) {
    const hint = `it is one of ${[...keyTypes.keys()].join(', ')}`;
    adaptation.unsupported(key ?? name, `Galley makes no keys of this type: "${key?.text}"`, hint);
  } else if (adaptation.isFirst('certificate of issuer', name.text)) adaptation.issuers[at] = { ...issuer, keyType };
  else if (issuer.keyType !== keyType) {
    const hint = 'write an "acme_issuer" for each type of key';
    adaptation.unsupported(key ?? name, `certificates of "${name.text}" have other keys elsewhere`, hint);
  }
}

/** Reads one directive of an `acme_issuer` block; tells of a value that is none. */
type Field = (
  directive: Directive,
  adaptation: Adaptation,
  issuer: AcmeIssuerPlan,
) => Partial<AcmeIssuerPlan> | undefined;

const challenges: Readonly<Record<string, AcmeChallengeKind>> = {
  http: 'http-01',
  'http-01': 'http-01',
  'tls-alpn': 'tls-alpn-01',
  'tls-alpn-01': 'tls-alpn-01',
};

const fields: Readonly<Record<string, Field>> = {
  uri: (directive, adaptation) => {
    const place = argument(directive, 0);
    // RFC 8555 §6.1.
    const isUrl = URL.parse(place.text)?.protocol === 'https:';
    return isUrl
      ? { directory: place.text }
      : adaptation.error(place, `invalid value "${place.text}" in "uri" directive`);
  },
  account_key: (directive, adaptation) => {
    const place = argument(directive, 0);
    if (/^ecdsa(?::256)?$/.test(place.text)) return {};
    const hint = 'the key of the account is made, of the kind "ecdsa:256", and kept in "state_path"';
    return adaptation.unsupported(place, `Galley does not have "account_key ${place.text}"`, hint);
  },
  challenge: (directive, adaptation) => {
    const place = argument(directive, 0);
    const kind = Object.hasOwn(challenges, place.text) ? challenges[place.text] : undefined;
    return kind ? { challenges: [kind] } : adaptation.error(place, `unsupported challenge: ${place.text}`);
  },
  contact: (directive, _adaptation, { contacts }) => {
    const { text } = argument(directive, 0);
    return { contacts: [...contacts, /^[a-z][a-z\d+.-]*:/i.test(text) ? text : `mailto:${text}`] };
  },
  external_account_key: (directive, adaptation) => {
    const [keyId, key] = [argument(directive, 0).text, argument(directive, 1)];
    if (!key.text.startsWith('data:')) return { externalAccount: { keyId, keyFile: adaptation.configPath(key.text) } };
    const message = 'Galley does not have a key itself in "external_account_key"';
    return adaptation.unsupported(key, message, 'write it into a file, and the name of that here');
  },
  profile: (directive, adaptation) => {
    const required = directive.args[1];
    if (required && required.text !== 'require') adaptation.error(required, `invalid parameter "${required.text}"`);
    return { profile: argument(directive, 0).text };
  },
  ssl_trusted_certificate: (directive, adaptation) => {
    return { trustedCertificate: adaptation.configPath(argument(directive, 0).text) };
  },
  ssl_verify: (directive, adaptation) => {
    if (readFlag(directive, adaptation) !== false) return {};
    const hint = '"ssl_trusted_certificate" names the CA of the directory';
    return adaptation.unsupported(directive, 'Galley checks the certificates of issuers', hint);
  },
  state_path: (directive, adaptation) => {
    const place = argument(directive, 0);
    if (place.text !== 'off') return { folder: adaptation.path(place.text) };
    return adaptation.unsupported(place, 'Galley keeps what issuers give', 'name a folder in "state_path"');
  },
  accept_terms_of_service: () => ({ acceptsTerms: true }),
};
