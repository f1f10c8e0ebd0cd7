import type { TlsVersion } from '../../../../plan/tls-plan.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, flag, type Handler, type Handlers, readFlag, words } from '../handlers.ts';
import type { Scope } from '../scope.ts';
import { managedCertificate, type SslDraft, tlsVersions } from '../ssl-draft.ts';
import { parseNumber, parseSeconds } from '../values.ts';
import { checkCiphers, checkGroups, cipherList } from './ssl-ciphers.ts';
import { readCommand } from './ssl-commands.ts';

const protocols = ['sslv2', 'sslv3', 'tlsv1', 'tlsv1.1', 'tlsv1.2', 'tlsv1.3'] as const;

/** TLS towards clients. What is to be right of several directives together is checked once all has been read: see ssl-servers.ts. */
export const sslHandlers: Handlers = {
  ssl: (directive, scope, adaptation) => {
    const isOn = readFlag(directive, adaptation);
    const hint = 'write "ssl" behind the port of "listen"';
    adaptation.warn(directive, 'the "ssl" directive is deprecated, use the "listen ... ssl" directive instead', hint);
    scope.ssl = { ...scope.ssl, on: isOn ? directive : undefined };
  },
  ssl_certificate: (directive, scope, adaptation) => {
    const certificate = readPemFile(directive, managedCertificate, adaptation);
    scope.ssl = { ...scope.ssl, certificates: [...(scope.ssl.certificates ?? []), ...certificate] };
  },
  ssl_certificate_key: (directive, scope, adaptation) => {
    const key = readPemFile(directive, `${managedCertificate}_key`, adaptation);
    scope.ssl = { ...scope.ssl, keys: [...(scope.ssl.keys ?? []), ...key] };
  },
  ssl_password_file: file((passwordFile) => ({ passwordFile })),

  ssl_protocols: words(protocols, (found, { block }) => {
    const named = [...found.map((word) => word.toLowerCase()), ...versionNames(block.tls?.versions ?? [])];
    return { tls: { versions: tlsVersions.filter((version) => named.includes(version.toLowerCase())) } };
  }),
  ssl_ciphers: (directive, scope, adaptation) => {
    const ciphers = cipherList(argument(directive, 0).text);
    if (checkCiphers(ciphers, directive, adaptation)) scope.set({ tls: { ciphers } });
  },
  ssl_prefer_server_ciphers: flag((prefersServerCiphers) => ({ tls: { prefersServerCiphers } })),
  ssl_ecdh_curve: (directive, scope, adaptation) => {
    const { text } = argument(directive, 0);
    if (text === 'auto') scope.set({ tls: { groups: undefined } });
    else if (checkGroups(text, directive, adaptation)) scope.set({ tls: { groups: text } });
  },
  ssl_dhparam: (directive, scope, adaptation) => {
    const { text } = argument(directive, 0);
    scope.set({ tls: { dhParameters: text === '' ? undefined : adaptation.configPath(text) } });
  },

  ssl_session_tickets: flag((sessionTickets) => ({ tls: { sessionTickets } })),
  ssl_session_timeout: (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    const seconds = parseSeconds(place.text);
    if (seconds === undefined) adaptation.error(place, `"${directive.name}" directive invalid value`);
    else scope.set({ tls: { sessionTimeoutMs: seconds * 1000 } });
  },
  ssl_session_ticket_key: (directive, scope, adaptation) => {
    const path = adaptation.configPath(argument(directive, 0).text);
    scope.set({ tls: { ticketKeyFiles: [...(scope.block.tls?.ticketKeyFiles ?? []), path] } });
  },

  ssl_verify_client: (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    const verify = verifications.get(place.text.toLowerCase());
    if (verify === undefined) adaptation.error(place, `invalid value "${place.text}"`);
    else scope.ssl = { ...scope.ssl, verify };
  },
  ssl_verify_depth: (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    const depth = parseNumber(place.text);
    if (depth === undefined) adaptation.error(place, `"${directive.name}" directive invalid number`);
    else scope.ssl = { ...scope.ssl, depth };
  },
  ssl_client_certificate: file((clientCertificate) => ({ clientCertificate })),
  ssl_trusted_certificate: file((trustedCertificate) => ({ trustedCertificate })),
  ssl_crl: file((crl) => ({ crl })),

  ssl_stapling: draftFlag((staples) => ({ staples })),
  ssl_stapling_verify: draftFlag((staplingVerifies) => ({ staplingVerifies })),
  ssl_stapling_file: file((path) => (path === undefined ? {} : { staplingFile: path })),
  ssl_stapling_responder: (directive, scope) => {
    const { text } = argument(directive, 0);
    if (text !== '') scope.ssl = { ...scope.ssl, staplingResponder: text };
  },

  ssl_reject_handshake: flag((rejectsHandshake) => ({ tls: { rejectsHandshake } })),
  ssl_conf_command: (directive, scope, adaptation) => {
    const command = readCommand(directive, adaptation);
    if (command) scope.ssl = { ...scope.ssl, commands: [...(scope.ssl.commands ?? []), command] };
  },
};

const verifications: ReadonlyMap<string, NonNullable<SslDraft['verify']>> = new Map([
  ['off', 'off'],
  ['on', 'required'],
  ['optional', 'optional'],
  ['optional_no_ca', 'optional-no-ca'],
]);

function versionNames(versions: readonly TlsVersion[]): string[] {
  return versions.map((version) => version.toLowerCase());
}

/** The name of a file that is read at the start; nothing where it is none that Galley has, which is told. */
function readPemFile(directive: Directive, managed: string, adaptation: Adaptation): Directive['args'] {
  const place = argument(directive, 0);
  const { text } = place;
  if (text === managed) return [place];
  const found = unknownSources.find(({ pattern }) => pattern.test(text));
  if (!found) return [place];
  adaptation.unsupported(place, `Galley does not have ${found.what} in "${directive.name}"`, found.hint);
  return [];
}

const unknownSources = [
  { pattern: /^data:/, what: 'a certificate or key itself', hint: 'write it into a file, and the name of that here' },
  { pattern: /^engine:/, what: "OpenSSL's engines", hint: 'name a file in PEM format' },
  { pattern: /^store:/, what: "OpenSSL's stores", hint: 'name a file in PEM format' },
  { pattern: /\$/, what: 'variables', hint: 'give each name a server of its own, with its certificate' },
] as const;

/** A file's path below the folder of the config; undefined for none. */
function file(draft: (path: string | undefined) => SslDraft): Handler {
  return (directive, scope, adaptation) => {
    const { text } = argument(directive, 0);
    extend(scope, draft(text === '' ? undefined : adaptation.configPath(text)));
  };
}

function draftFlag(draft: (isOn: boolean) => SslDraft): Handler {
  return (directive, scope, adaptation) => {
    const isOn = readFlag(directive, adaptation);
    if (isOn !== undefined) extend(scope, draft(isOn));
  };
}

function extend(scope: Scope, draft: SslDraft): void {
  scope.ssl = { ...scope.ssl, ...draft };
}
