import { isDeepStrictEqual } from 'node:util';
import type {
  CertificatePlan,
  ClientCertificatePlan,
  ManagedCertificatePlan,
  StaplingPlan,
  TlsPlan,
  TlsVersion,
} from '../../../plan/tls-plan.ts';
import type { Argument, Directive } from '../syntax/tree.ts';

/** What several directives about TLS say together: a server inherits each of them, then a part of a TlsPlan is made of them. */
export interface SslDraft {
  /** `ssl on`. */
  on?: Directive | undefined;
  /** Those that Galley does not have are left out. */
  certificates?: readonly Argument[];
  keys?: readonly Argument[];
  passwordFile?: string | undefined;
  managed?: ManagedCertificatePlan;
  verify?: ClientCertificatePlan['verify'] | 'off';
  depth?: number;
  clientCertificate?: string | undefined;
  trustedCertificate?: string | undefined;
  crl?: string | undefined;
  staples?: boolean;
  staplingFile?: string;
  staplingResponder?: string;
  staplingVerifies?: boolean;
  /** What `ssl_conf_command` changes, which comes after all else. */
  commands?: readonly ((tls: TlsFields) => TlsFields)[];
}

export type TlsFields = Partial<TlsPlan>;

/** Lowest first. */
export const tlsVersions: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** A variable of nginx's acme module. */
export const managedCertificate = '$acme_certificate';

/** What a block says of TLS in all, where `outer` is what it inherits. */
export function tlsFieldsOf(
  own: { readonly draft: SslDraft; readonly fields: TlsFields },
  outer: { readonly draft: SslDraft; readonly fields: TlsFields },
  path: (text: string) => string,
): TlsFields {
  const draft = { ...outer.draft, ...own.draft };
  const says = (...names: readonly (keyof SslDraft)[]): boolean => names.some((name) => own.draft[name] !== undefined);
  const fields: TlsFields = {
    ...own.fields,
    ...(says('certificates', 'keys', 'passwordFile', 'managed') && certificatesOf(draft, path)),
    ...(Object.keys(own.draft).some((name) => ofClients.has(name)) && { clients: clientsOf(draft) }),
    ...(says('staples', 'staplingFile', 'staplingResponder', 'staplingVerifies') && { stapling: staplingOf(draft) }),
  };
  if (!draft.commands) return fields;
  const all = { ...outer.fields, ...fields };
  const changed = draft.commands.reduce((before, change) => change(before), all);
  return different(changed, outer.fields);
}

const ofClients: ReadonlySet<string> = new Set<keyof SslDraft>([
  'verify',
  'depth',
  'clientCertificate',
  'trustedCertificate',
  'crl',
]);

function different(fields: TlsFields, others: TlsFields): TlsFields {
  const kept = Object.entries(fields).filter(([key, value]) => {
    return !isDeepStrictEqual(value, others[key as keyof TlsFields]);
  });
  return Object.fromEntries(kept);
}

/** A key belongs to the certificate at the same place of the list. */
function certificatesOf({ certificates = [], keys = [], passwordFile, managed }: SslDraft, path: Path): TlsFields {
  const plans: CertificatePlan[] = certificates.flatMap(({ text }, at) => {
    const key = keys[at];
    if (text === managedCertificate || key === undefined) return [];
    return { certificate: path(text), key: path(key.text), passwordFile };
  });
  const isManaged = certificates.some(({ text }) => text === managedCertificate);
  return { certificates: plans, ...(isManaged && managed && { managed }) };
}

type Path = (text: string) => string;

function clientsOf(draft: SslDraft): ClientCertificatePlan | undefined {
  const { verify = 'off', depth = 1, clientCertificate, trustedCertificate, crl } = draft;
  if (verify === 'off') return undefined;
  return { verify, depth, trustedCertificate: clientCertificate ?? trustedCertificate, crl };
}

function staplingOf(draft: SslDraft): StaplingPlan | undefined {
  const { staples, staplingFile, staplingResponder, staplingVerifies = false } = draft;
  if (!staples) return undefined;
  return { file: staplingFile, responder: staplingResponder, verifies: staplingVerifies };
}
