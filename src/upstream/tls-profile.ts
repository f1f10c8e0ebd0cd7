import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { ProxyTls } from '../plan/proxy-plan.ts';
import type { TlsProfile } from './transport.ts';

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

const anyCertificate = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'file does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

/** Reads the files of TLS towards peers. Throws an Error that names the file and what is wrong with it. */
export function readTlsProfile(tls: ProxyTls): TlsProfile {
  const { options, texts } = readFiles(tls);
  const digest = createHash('sha256');
  for (const text of texts) digest.update(`${text.length} ${text}`);
  return {
    secureContext: secureContextOf(options),
    digest: digest.digest('base64'),
    sendsName: tls.serverName,
    verify: tls.verify,
    verifyDepth: tls.verifyDepth,
    sessionReuse: tls.sessionReuse,
  };
}

/** What TLS is to use, and what was read for it. */
function readFiles(tls: ProxyTls): { readonly options: SecureContextOptions; readonly texts: readonly string[] } {
  const { certificate, certificateKey = certificate } = tls;
  let options = protocolOptions(tls.protocols);
  if (tls.ciphers !== undefined) options.ciphers = tls.ciphers;
  const texts: string[] = [];
  // Where nothing is verified they are not read, as in nginx.
  if (tls.verify && tls.trustedCertificate !== undefined) {
    options.ca = readText('trusted certificates', tls.trustedCertificate);
    if (!anyCertificate.test(options.ca)) {
      throw new Error(`Cannot use the trusted certificates "${tls.trustedCertificate}": it holds no certificate`);
    }
    check('trusted certificates', tls.trustedCertificate, { ca: options.ca });
    texts.push(options.ca);
  } else if (tls.verify) {
    const ofSystem = getCACertificates('system');
    if (ofSystem.length > 0) options.ca = ofSystem;
  }
  if (tls.verify && tls.crl !== undefined) {
    options.crl = readText('revocation list', tls.crl);
    check('revocation list', tls.crl, { crl: options.crl });
    texts.push(options.crl);
  }
  if (certificate !== undefined && certificateKey !== undefined) {
    const cert = readText('certificate', certificate);
    check('certificate', certificate, { cert });
    const keys = keyOptions(cert, certificateKey, tls.passwordFile);
    options = { ...options, cert, ...keys };
    texts.push(cert, String(keys.key));
  }
  return { options, texts };
}

function secureContextOf(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new Error(`Cannot use TLS towards upstreams: ${messageOf(error)}`, { cause: error });
  }
}

/** From the lowest version that is named to the highest. */
function protocolOptions(protocols: readonly string[]): SecureContextOptions {
  const named = versions.filter((version) => protocols.includes(version));
  const [lowest] = named;
  const highest = named.at(-1);
  return lowest && highest ? { minVersion: lowest, maxVersion: highest } : {};
}

/** The key, with the first of the passwords that fits. */
function keyOptions(cert: string, path: string, passwordFile: string | undefined): SecureContextOptions {
  const key = readText('certificate key', path);
  const passwords =
    passwordFile === undefined
      ? []
      : readText('passwords', passwordFile)
          .split(/\r?\n/)
          .filter((line) => line !== '');
  let failure: unknown;
  for (const options of [{ key }, ...passwords.map((passphrase) => ({ key, passphrase }))]) {
    try {
      createSecureContext({ cert, ...options });
      return options;
    } catch (error) {
      failure = error;
    }
  }
  throw new Error(`Cannot use the certificate key "${path}": ${messageOf(failure)}`, { cause: failure });
}

function check(what: string, path: string, options: SecureContextOptions): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw new Error(`Cannot use the ${what} "${path}": ${messageOf(error)}`, { cause: error });
  }
}

function readText(what: string, path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new Error(`Cannot read the ${what} "${path}": ${reasons[code] ?? messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
