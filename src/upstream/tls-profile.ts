import { createHash } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { ProxyTls } from '../plan/proxy-plan.ts';
import { certificatesIn } from '../tls/pem.ts';
import { readChain } from '../tls/read-chain.ts';
import { messageOf, readText } from '../tls/read-file.ts';
import { readKey } from '../tls/read-key.ts';
import { TlsFileError } from '../tls/tls-file-error.ts';
import type { TlsProfile } from './transport.ts';

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** Reads the files of TLS towards peers. Throws TlsFileError. */
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
    if (certificatesIn(options.ca).length === 0) {
      throw new TlsFileError(
        `Cannot use the trusted certificates "${tls.trustedCertificate}": it holds no certificate`,
      );
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
    const { leaf, pem } = readChain(certificate);
    const key = readKey(leaf, { certificate, key: certificateKey, passwordFile: tls.passwordFile });
    options = { ...options, cert: pem, key };
    texts.push(pem, key);
  }
  return { options, texts };
}

function secureContextOf(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new TlsFileError(`Cannot use TLS towards upstreams: ${messageOf(error)}`, { cause: error });
  }
}

/** From the lowest version that is named to the highest. */
function protocolOptions(protocols: readonly string[]): SecureContextOptions {
  const named = versions.filter((version) => protocols.includes(version));
  const [lowest] = named;
  const highest = named.at(-1);
  return lowest && highest ? { minVersion: lowest, maxVersion: highest } : {};
}

function check(what: string, path: string, options: SecureContextOptions): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw new TlsFileError(`Cannot use the ${what} "${path}": ${messageOf(error)}`, { cause: error });
  }
}
