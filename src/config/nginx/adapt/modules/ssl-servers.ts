import { listenersOf } from '../../../listeners.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { nginxDefaults } from '../nginx-defaults.ts';
import type { Scope } from '../scope.ts';
import { managedCertificate, type SslDraft, type TlsFields, tlsFieldsOf, tlsVersions } from '../ssl-draft.ts';

/**
 * What servers have of TLS, and what is wrong with it, once the whole `http` block has been read: what several directives say
 * together is inherited one by one before it means something.
 */
export function settleTls(http: Scope, adaptation: Adaptation): void {
  const path = (text: string): string => adaptation.configPath(text);
  const outermost = { draft: {}, fields: nginxDefaults(adaptation.context).tls ?? {} };
  const shared = tlsFieldsOf({ draft: http.ssl, fields: http.block.tls ?? {} }, outermost, path);
  if (Object.keys(shared).length > 0) adaptation.http = { ...adaptation.http, tls: shared };
  const outer = { draft: http.ssl, fields: { ...outermost.fields, ...shared } };
  const drafts = adaptation.serverBlocks.map(({ directive, scope }, index) => {
    const draft = { ...http.ssl, ...scope.ssl };
    const own = tlsFieldsOf({ draft: scope.ssl, fields: scope.block.tls ?? {} }, outer, path);
    const fields = { ...outer.fields, ...own };
    const isUsed = draft.on !== undefined || isNamed(draft) || fields.rejectsHandshake === true;
    if (isUsed) checkServer(draft, fields, directive, adaptation);
    // Better no connection than one with the certificate of another server.
    const tls = draft.certificates?.length === 0 ? { ...own, rejectsHandshake: true } : own;
    const server = adaptation.servers[index];
    if (server && Object.keys(tls).length > 0) adaptation.servers[index] = { ...server, tls };
    return { draft, fields, directive };
  });
  turnOn(drafts, adaptation);
  checkAddresses(drafts, adaptation);
}

interface Settled {
  readonly draft: SslDraft;
  readonly fields: TlsFields;
  readonly directive: Directive;
}

function isNamed({ certificates }: SslDraft): boolean {
  return certificates !== undefined && certificates.length > 0;
}

function checkServer(draft: SslDraft, fields: TlsFields, directive: Directive, adaptation: Adaptation): void {
  const { certificates, keys = [], on, verify = 'off', clientCertificate, trustedCertificate } = draft;
  const keyless = certificates?.[keys.length];
  if (on && certificates === undefined && !fields.rejectsHandshake) {
    adaptation.error(on, 'no "ssl_certificate" is defined for the "ssl" directive');
  } else if (on && keyless) {
    const which = keys.length === 0 ? 'the "ssl" directive' : `certificate "${keyless.text}" and the "ssl" directive`;
    adaptation.error(on, `no "ssl_certificate_key" is defined for ${which}`);
  } else if (keyless) {
    adaptation.error(keyless, `no "ssl_certificate_key" is defined for certificate "${keyless.text}"`);
  }
  const managed = certificates?.find(({ text }) => text === managedCertificate);
  if (managed && !draft.managed) {
    const message = `there is no "acme_certificate" for "ssl_certificate ${managedCertificate}"`;
    adaptation.error(managed, message, 'write in the server which "acme_issuer" makes it');
  }
  if (verify === 'required' || verify === 'optional') {
    if (clientCertificate === undefined) {
      const hint = '"ssl_client_certificate" names the CAs of clients';
      adaptation.error(directive, 'no ssl_client_certificate for ssl_verify_client', hint);
    } else if (trustedCertificate !== undefined) {
      const message = '"ssl_trusted_certificate" does not make more certificates of clients valid';
      adaptation.warn(directive, message, 'all CAs of clients belong into "ssl_client_certificate"');
    }
  }
  checkVersions(fields, directive, adaptation);
}

/** Node speaks what is between two versions. */
function checkVersions({ versions = [] }: TlsFields, directive: Directive, adaptation: Adaptation): void {
  const places = versions.map((version) => tlsVersions.indexOf(version));
  const [first] = places;
  const hint = 'name TLSv1.2 and TLSv1.3';
  if (first === undefined) adaptation.error(directive, 'no version of TLS is left by "ssl_protocols"', hint);
  else if (places.some((place, at) => place !== first + at)) {
    adaptation.error(directive, `Galley cannot leave out a version between others: ${versions.join(' ')}`, hint);
  }
}

/** `ssl on` of a default server holds for the address, as `listen … ssl` does. */
function turnOn(settled: readonly Settled[], { servers }: Adaptation): void {
  for (const { bind, defaultServer } of listenersOf(servers)) {
    const server = servers[defaultServer];
    if (!server || settled[defaultServer]?.draft.on === undefined) continue;
    const listen = server.listen.map((each) => (each.bind === bind ? { ...each, tls: true } : each));
    servers[defaultServer] = { ...server, listen };
  }
}

/** The default server of an address needs a certificate; where it refuses all handshakes, all others do. */
function checkAddresses(settled: readonly Settled[], adaptation: Adaptation): void {
  for (const { tls, servers, defaultServer } of listenersOf(adaptation.servers)) {
    if (!tls) continue;
    const refusesAll =
      settled[defaultServer]?.fields.rejectsHandshake === true && !hasCertificate(settled[defaultServer]);
    for (const index of refusesAll ? servers : [defaultServer]) {
      const server = settled[index];
      if (!server || hasCertificate(server) || server.fields.rejectsHandshake) continue;
      if (server.draft.on || !adaptation.isFirst('no certificate', String(index))) continue;
      const message = 'no "ssl_certificate" is defined for the "listen ... ssl" directive';
      adaptation.error(server.directive, message, '"ssl_certificate" and "ssl_certificate_key" name its files');
    }
  }
}

/** One that Galley does not have counts: of that it was told. */
function hasCertificate(settled: Settled | undefined): boolean {
  return settled?.draft.certificates !== undefined;
}
