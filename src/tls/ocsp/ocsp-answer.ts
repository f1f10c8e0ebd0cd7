import { verify, X509Certificate } from 'node:crypto';
import { bytesOf, type DerValue, decode, hasTag, valuesOf } from '../x509/der.ts';
import type { OcspQuestion } from './ocsp-question.ts';

/** What a CA says of a certificate that is not revoked. Times in milliseconds since 1970. */
export interface OcspAnswer {
  readonly from: number;
  /** Undefined: something newer may be had at any time (RFC 6960 §4.2.2.1). */
  readonly until: number | undefined;
}

/** How far clocks may differ. */
const clockSkewMs = 300_000; // nginx 300 s

const statuses = [
  '',
  'malformed request',
  'internal error',
  'try again later',
  '',
  'signature required',
  'unauthorized',
];
const basicResponseId = '2b0601050507300101'; // 1.3.6.1.5.5.7.48.1.1
const ocspSigning = '1.3.6.1.5.5.7.3.9';

/** Hashes by the identifiers of signature algorithms; null where the algorithm has its own. */
const hashes: Readonly<Record<string, string | null>> = {
  '2a864886f70d01010b': 'sha256', // RSA, 1.2.840.113549.1.1.11
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256', // ECDSA, 1.2.840.10045.4.3.2
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2b6570': null, // Ed25519, 1.3.101.112
};

/**
 * Reads an answer (RFC 6960 §4.2.1) to a question. Throws an Error that says why it is of no use: it is for another certificate, not of now,
 * not signed by the issuer or whom it names for that (where `verifies`), or the certificate is not good.
 */
export function readOcspAnswer(der: Uint8Array, question: OcspQuestion, now: number, verifies: boolean): OcspAnswer {
  const [status, content] = valuesOf(decode(der));
  const code = status && bytesOf(status)[0];
  if (code !== 0) throw new Error(`the responder says: ${statuses[code ?? 1] || `status ${code}`}`);
  const [type, bytes] = valuesOf(valuesOf(content)[0]);
  if (bytesOf(type).toString('hex') !== basicResponseId) throw new Error('the answer is of a kind that is not known');
  const parts = valuesOf(decode(bytesOf(bytes)));
  const single = responsesOf(parts[0]).find((response) => isFor(response, question));
  if (!single) throw new Error('the answer is for another certificate');
  const [, state, from, next] = valuesOf(single);
  if (hasTag(state, 1)) throw new Error('the certificate is revoked');
  if (!hasTag(state, 0)) throw new Error('the certificate is not known to the responder');
  const until = hasTag(next, 0) ? timeOf(valuesOf(next)[0]) : undefined;
  const answer = { from: timeOf(from), until };
  if (answer.from > now + clockSkewMs) throw new Error('the answer is of the future');
  if (until !== undefined && until <= now) throw new Error('the answer has expired');
  if (verifies) checkSignature(parts, question.issuer, now);
  return answer;
}

/** The SingleResponses of a ResponseData. */
function responsesOf(data: DerValue | undefined): readonly DerValue[] {
  const fields = valuesOf(data);
  // A version, who answers, when, the responses.
  return valuesOf(fields[hasTag(fields[0], 0) ? 3 : 2]);
}

function isFor(response: DerValue, question: OcspQuestion): boolean {
  const [, name, key, number] = valuesOf(valuesOf(response)[0]);
  return (
    bytesOf(name).equals(question.issuerNameHash) &&
    bytesOf(key).equals(question.issuerKeyHash) &&
    bytesOf(number).equals(question.serialNumber)
  );
}

function timeOf(value: DerValue | undefined): number {
  const text = bytesOf(value).toString('latin1');
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/.exec(text) ?? [];
  const [year = Number.NaN, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  if (Number.isNaN(time)) throw new Error('the answer has a time that cannot be read');
  return time;
}

/** RFC 6960 §4.2.2.2: the issuer signs, or who has a certificate of the issuer for this. */
function checkSignature(parts: readonly DerValue[], issuer: X509Certificate, now: number): void {
  const [data, algorithm, signature, certificates] = parts;
  const hash = hashes[bytesOf(valuesOf(algorithm)[0]).toString('hex')];
  if (!data || hash === undefined) throw new Error('the answer is signed in a way that is not known');
  const signed = Buffer.from(data.valueBeforeDecodeView);
  const bits = bytesOf(signature).subarray(1);
  const delegates = valuesOf(valuesOf(certificates)[0]).flatMap((each) => {
    const certificate = new X509Certificate(Buffer.from(each.valueBeforeDecodeView));
    return mayAnswerFor(certificate, issuer, now) ? [certificate] : [];
  });
  const isGood = [issuer, ...delegates].some((signer) => isSignedBy(signer, hash, signed, bits));
  if (!isGood) throw new Error('the answer is not signed by the issuer of the certificate');
}

function mayAnswerFor(certificate: X509Certificate, issuer: X509Certificate, now: number): boolean {
  return (
    (certificate.keyUsage ?? []).includes(ocspSigning) &&
    certificate.validFromDate.getTime() <= now &&
    certificate.validToDate.getTime() > now &&
    certificate.checkIssued(issuer) &&
    certificate.verify(issuer.publicKey)
  );
}

function isSignedBy(signer: X509Certificate, hash: string | null, signed: Buffer, signature: Buffer): boolean {
  try {
    return verify(hash, signed, signer.publicKey, signature);
  } catch {
    return false;
  }
}
