import { type KeyObject, X509Certificate } from 'node:crypto';
import { namesOf } from '../x509/names.ts';
import { AcmeError } from './acme-error.ts';

/** A CA's word is not taken for it: throws an AcmeError where the chain is not what was ordered. */
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
  const covered = new Set(namesOf(certificate));
  const missing = names.filter((name) => !covered.has(name));
  if (missing.length > 0) throw refused(`it is not for ${missing.join(', ')}`);
}
