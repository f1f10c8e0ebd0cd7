import { type ControlAnswer, type ControlBody, type Route, refused } from './control-answer.ts';
import type { ControlTarget } from './control-target.ts';

/** What may be wanted of a certificate that Galley gets. */
export const certificateActions = ['renew', 'revoke'] as const;

export type CertificateAction = (typeof certificateActions)[number];

/** What the control socket tells of certificates, and changes. */
export const certificateRoutes: Readonly<Record<string, Route>> = {
  '/certificates': { method: 'GET', answer: (target) => ({ status: 200, body: target.certificates() }) },
  ...Object.fromEntries(certificateActions.map((action) => [`/certificates/${action}`, changing(action)])),
};

const done: Readonly<Record<CertificateAction, string>> = {
  renew: 'renewed',
  revoke: 'revoked, and there is a new one',
};

function changing(action: CertificateAction): Route {
  return { method: 'POST', changes: true, answer: (target, body) => change(target, action, body) };
}

async function change(target: ControlTarget, action: CertificateAction, { name }: ControlBody): Promise<ControlAnswer> {
  if (typeof name !== 'string') return refused(400, `/certificates/${action} takes {"name": NAME}`);
  const outcome = await target.changeCertificate(action, name);
  if (!outcome) return refused(404, `There is no certificate for "${name}" that Galley gets`);
  if (!outcome.ok) return refused(409, `Cannot ${action} the certificate for ${name}: ${outcome.reason}`);
  return { status: 200, body: { ok: true, text: `The certificate for ${name} is ${done[action]}` } };
}
