import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { CertificatePlan, ClientCertificatePlan, TlsPlan } from '../plan/tls-plan.ts';
import { certificateWarnings } from './certificate-warnings.ts';
import { contextOptions } from './context-options.ts';
import { identified } from './material-id.ts';
import { certificatesIn } from './pem.ts';
import { readChain } from './read-chain.ts';
import { messageOf, readBytes, readText } from './read-file.ts';
import { readKey } from './read-key.ts';
import { ticketKeyOf, ticketSecretOfFile } from './ticket-key.ts';
import { TlsFileError } from './tls-file-error.ts';
import type { CertificateMaterial, ClientCertificateMaterial, TlsMaterial } from './tls-material.ts';

export interface ReadOptions {
  /** What tickets are encrypted with where the plan names no files; see {@link ticketKeyOf}. */
  readonly ticketSecret: Uint8Array;
  /** The names of the servers that it is for, as in a plan: warned of where no certificate is for one. */
  readonly names: readonly string[];
  readonly now: Date;
  warn(message: string): void;
}

/**
 * Reads the files of a server's TLS and finds out whether all of it can be used. What Galley gets by itself, and answers about revocation,
 * are put in later. Throws TlsFileError.
 */
export function readTlsMaterial(plan: TlsPlan, options: ReadOptions): TlsMaterial {
  const { rejectsHandshake, versions, ciphers, prefersServerCiphers, groups, sessionTickets, sessionTimeoutMs } = plan;
  const clients = plan.clients && readClients(plan.clients);
  // All are looked at, as nginx does; Node decrypts with the first alone.
  const secrets = plan.ticketKeyFiles.map((path) => ticketSecretOfFile(path, readBytes('session ticket key', path)));
  for (const path of plan.ticketKeyFiles) warnOfReaders('session ticket key', path, options);
  const material = identified({
    plan: { rejectsHandshake, versions, ciphers, prefersServerCiphers, groups, sessionTickets, sessionTimeoutMs },
    certificates: plan.certificates.map((each) => readCertificate(each, options)),
    dhParameters: plan.dhParameters === undefined ? undefined : readParameters(plan.dhParameters),
    ticketKey: ticketKeyOf(secrets[0] ?? options.ticketSecret, clients?.digest ?? ''),
    clients,
    isOnDemand: plan.managed?.onDemand !== undefined,
  });
  checkMaterial(plan, material);
  for (const warning of certificateWarnings(plan, material.certificates, options)) options.warn(warning);
  return material;
}

/** The files that a plan names, without those that others read. */
export function filesOf(plan: TlsPlan): readonly string[] {
  const { certificates, dhParameters, ticketKeyFiles, clients } = plan;
  const files = [
    ...certificates.flatMap(({ certificate, key, passwordFile }) => [certificate, key, passwordFile]),
    dhParameters,
    ...ticketKeyFiles,
    clients?.trustedCertificate,
    clients?.crl,
  ];
  return [...new Set(files.filter((path) => path !== undefined))];
}

function readCertificate(plan: CertificatePlan, options: ReadOptions): CertificateMaterial {
  const { leaf, pem } = readChain(plan.certificate);
  const key = readKey(leaf, plan);
  warnOfReaders('certificate key', plan.key, options);
  if (plan.passwordFile !== undefined) warnOfReaders('password file', plan.passwordFile, options);
  return { certificate: pem, key, ocspResponse: undefined };
}

function readClients(plan: ClientCertificatePlan): ClientCertificateMaterial {
  const { verify, depth, trustedCertificate, crl } = plan;
  const trusted = trustedCertificate === undefined ? undefined : readTrusted(trustedCertificate);
  const revoked = crl === undefined ? undefined : readText('revocation list', crl);
  const digest = createHash('sha256');
  for (const part of [verify, String(depth), trusted ?? '', revoked ?? '']) digest.update(`${part.length} ${part}`);
  return {
    verify,
    depth,
    trusted,
    crl: revoked,
    digest: digest.digest('base64url').slice(0, 32),
  };
}

function readParameters(path: string): string {
  const text = readText('DH parameters', path);
  // Node would go on without DHE.
  if (!/-----BEGIN (?:X9\.42 )?DH PARAMETERS-----/.test(text)) {
    throw new TlsFileError(`Cannot use the DH parameters "${path}": it holds no DH parameters`);
  }
  return text;
}

function readTrusted(path: string): string {
  const certificates = certificatesIn(readText('trusted certificates', path));
  if (certificates.length === 0) {
    throw new TlsFileError(`Cannot use the trusted certificates "${path}": it holds no certificate`);
  }
  return certificates.join('');
}

/** Makes a context as front threads will; where that fails, finds out by what. */
function checkMaterial(plan: TlsPlan, material: TlsMaterial): void {
  try {
    createSecureContext(contextOptions(material));
  } catch (error) {
    const { certificates, dhParameters, clients } = material;
    const [lowest] = plan.versions;
    const level = lowest === undefined ? {} : { minVersion: lowest };
    const security = plan.ciphers?.includes('@') ? { ciphers: plan.ciphers } : {};
    if (plan.ciphers !== undefined) check(`ciphers "${plan.ciphers}"`, { ...level, ciphers: plan.ciphers });
    if (plan.groups !== undefined) check(`groups "${plan.groups}"`, { ecdhCurve: plan.groups });
    if (dhParameters !== undefined) {
      check(`DH parameters "${plan.dhParameters}"`, { ...security, dhparam: dhParameters });
    }
    if (clients?.trusted !== undefined) {
      check(`trusted certificates "${plan.clients?.trustedCertificate}"`, { ca: clients.trusted });
    }
    if (clients?.crl !== undefined) check(`revocation list "${plan.clients?.crl}"`, { crl: clients.crl });
    for (const [index, { certificate, key }] of certificates.entries()) {
      check(`certificate "${plan.certificates[index]?.certificate}"`, { ...security, cert: certificate, key });
    }
    throw new TlsFileError(`Cannot use the settings of TLS: ${messageOf(error)}`, { cause: error });
  }
}

function check(what: string, options: SecureContextOptions): void {
  try {
    createSecureContext({ ca: [], ...options });
  } catch (error) {
    throw new TlsFileError(`Cannot use the ${what}: ${messageOf(error)}`, { cause: error });
  }
}

function warnOfReaders(what: string, path: string, { warn }: ReadOptions): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  // A group may read it: Debian has one for this, ssl-cert.
  if ((mode & 0o027) === 0) return;
  const who = (mode & 0o007) === 0 ? 'its group may write' : 'every user may use';
  warn(`the ${what} "${path}" is a file that ${who}; chmod 600 "${path}" keeps it to its owner`);
}
