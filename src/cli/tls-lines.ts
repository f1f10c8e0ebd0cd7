import { letsEncrypt } from '../config/issuers.ts';
import type { SitePlan } from '../plan/site-plan.ts';
import type { IssuerPlan } from '../plan/tls-plan.ts';
import { rootPath } from '../tls/dev/dev-issuer.ts';
import { trustText } from './dev-trust.ts';

/** As many names are told of a certificate. */
const mostNames = 5;

/** For the terminal: whose certificates a site gets by itself. */
export function tlsLines({ servers, issuers }: SitePlan): readonly string[] {
  return issuers.flatMap((issuer) => {
    const certificates = servers.flatMap(({ tls }) => (tls?.managed?.issuer === issuer.name ? [tls.managed] : []));
    if (certificates.length === 0) return [];
    const names = [...new Set(certificates.flatMap((each) => each.names))];
    const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
    const asked = certificates.some(({ onDemand }) => onDemand !== undefined) ? 'names that are asked for' : '';
    const which = [names.slice(0, mostNames).join(', ') + more, asked].filter((each) => each !== '').join(', ');
    return `  TLS      ${issuerText(issuer)} for ${which}`;
  });
}

/** How browsers are brought to trust development certificates; '' where there are none. */
export function trustLines({ servers, issuers }: SitePlan): string {
  const used = new Set(servers.map(({ tls }) => tls?.managed?.issuer));
  return issuers
    .map((issuer) => (issuer.kind === 'dev' && used.has(issuer.name) ? trustText(rootPath(issuer)) : ''))
    .join('');
}

function issuerText(issuer: IssuerPlan): string {
  if (issuer.kind === 'dev') return "this machine's own CA,";
  if (issuer.directory === letsEncrypt.production) return "Let's Encrypt,";
  if (issuer.directory === letsEncrypt.staging)
    return "Let's Encrypt's staging environment, which browsers do not trust,";
  return `${issuer.name} (${issuer.directory}),`;
}
