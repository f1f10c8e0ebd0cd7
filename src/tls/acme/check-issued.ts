import { type KeyObject, X509Certificate } from 'node:crypto';
import { unusablePair } from '../managed/unusable-pair.ts';
import { keyPem } from '../x509/key.ts';
import { namesOf } from '../x509/names.ts';
import { AcmeError } from './acme-error.ts';

/** How far off the beginning of a certificate may be, in milliseconds: clocks differ. */
const longestWaitMs = 86_400_000;

/** A CA's word is not taken for it: throws an AcmeError where the chain is not what was ordered, or of no use. */
export function checkIssued(chain: string, key: KeyObject, names: readonly string[], now: number): void {
  const refused = (reason: string): AcmeError => {
    return new AcmeError(`Cannot use what the CA has issued: ${reason}`, {
      problem: { type: 'certificate', detail: reason, subproblems: [] },
    });
  };
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(chain);
  } catch {
    throw refused('it is no certificate');
  }
  if (!certificate.checkPrivateKey(key)) throw refused('it is for another key');
  if (certificate.validToDate.getTime() <= now) throw refused('it has expired');
  if (certificate.validFromDate.getTime() > now + longestWaitMs) {
    throw refused(`it is not valid before ${certificate.validFromDate.toISOString()}`);
  }
  const covered = new Set(namesOf(certificate));
  const missing = names.filter((name) => !covered.has(name));
  if (missing.length > 0) throw refused(`it is not for ${missing.join(', ')}`);
  const reason = unusablePair(chain, keyPem(key));
  if (reason !== undefined) throw refused(`no handshake can be made with its chain: ${reason}`);
}
