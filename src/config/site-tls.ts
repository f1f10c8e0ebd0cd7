import type { Bind } from '../core/bind.ts';
import type { IssuerPlan, TlsPlan } from '../plan/tls-plan.ts';
import type { VariablePlan } from '../plan/variable-plan.ts';
import type { RuleConfig, ServerConfig } from './config.ts';
import { redirectToHttps } from './redirect-to-https.ts';

/** TLS of the site of a command line. */
export interface SiteTls {
  readonly tls: Partial<TlsPlan>;
  readonly issuers: readonly IssuerPlan[];
}

/** Port 80 is for those who come without TLS, and a Unix socket for a server in front that has taken it off. */
export function hasTls(bind: Bind): boolean {
  return bind.kind === 'tcp' && bind.port !== 80;
}

/** What a server of these addresses has of TLS. */
export function tlsFields(
  binds: readonly Bind[],
  site: SiteTls | undefined,
): Pick<ServerConfig, 'tls' | 'rules'> & { readonly variables: readonly VariablePlan[] } {
  if (site === undefined) return { rules: [], variables: [] };
  const secure = binds.find(hasTls);
  const isRedirecting = binds.some((bind) => bind.kind === 'tcp' && bind.port === 80);
  if (!isRedirecting || secure?.kind !== 'tcp') return { tls: site.tls, rules: [], variables: [] };
  const { variable, rule } = redirectToHttps('redirect_to_https', { port: secure.port, status: 308 });
  const rules: readonly RuleConfig[] = [rule];
  return { tls: site.tls, rules, variables: [variable] };
}
