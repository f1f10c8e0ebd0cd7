/** What testssl has found, as in its JSON. */
export interface TlsFinding {
  readonly id: string;
  /** Of those that are left in with `--severity MEDIUM`: `MEDIUM`, `HIGH`, `CRITICAL`, or `WARN` where a check could not be done. */
  readonly severity: string;
  readonly finding: string;
}

export interface TlsSummary {
  /** A line for each finding, then the counts. */
  readonly lines: readonly string[];
  readonly passed: boolean;
}

/** Findings that say nothing of Galley, each with why. */
export const tlsExceptions: Readonly<Record<string, string>> = {
  cert_trust: 'the name of the test is in no public DNS',
  cert_chain_of_trust: "the CA is the test's own",
  cert_expirationStatus: 'the certificate is for a few days',
  cert_notAfter: 'the certificate is for a few days',
  cert_revocation: "the test's CA answers no questions",
  security_headers: 'they are the site’s to say, not the server’s',
};

/** Sums up one run. testssl puts the number of the certificate behind an id where there are several: `cert_trust <cert#2>`. */
export function summarizeTls(findings: readonly TlsFinding[]): TlsSummary {
  const isKnown = ({ id }: TlsFinding): boolean => Object.hasOwn(tlsExceptions, nameOf(id));
  const known = findings.filter(isKnown);
  const others = findings.filter((each) => !isKnown(each));
  const lines = [
    ...others.map(({ id, severity, finding }) => `${severity}: ${id}: ${finding}`),
    ...known.map(({ id, finding }) => `left out: ${id} (${finding}): ${tlsExceptions[nameOf(id)]}`),
    `${others.length} findings of MEDIUM or above, ${known.length} left out`,
  ];
  return { lines, passed: others.length === 0 };
}

function nameOf(id: string): string {
  return id.replace(/ <cert#\d+>$/, '');
}
