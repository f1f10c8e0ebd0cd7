import type { StatusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';

const plain: StatusOutcome = { kind: 'status', status: 497, code: 'plain-on-tls' };
const misdirected: StatusOutcome = { kind: 'status', status: 421, code: 'misdirected' };
const unverified: StatusOutcome = { kind: 'status', status: 495, code: 'client-certificate' };
const missing: StatusOutcome = { kind: 'status', status: 496, code: 'client-certificate' };

/**
 * Why a request gets no answer of its server, by the TLS of its connection: it has none where it must, it was made under other rules for client
 * certificates than the server's (RFC 9110 §15.5.20), or the client showed no certificate that is good. With nginx's statuses.
 */
export function tlsRefusal(request: SiteRequest, isTlsListener: boolean): StatusOutcome | undefined {
  const { tls } = request.exchange.connection;
  if (isTlsListener && !tls) return plain;
  const { clientRules, requiresClient } = request.server;
  if (!tls || clientRules === '') return undefined;
  if (tls.clientRules !== clientRules) {
    // Who asks for no name gets the same connection again.
    if (tls.serverName === '' && tls.clientRules === '') return requiresClient ? noneSent(request) : undefined;
    request.log(
      'info',
      'client asked for a host with other rules for client certificates than those of its connection',
    );
    return misdirected;
  }
  if (tls.clientFault === undefined) return undefined;
  if (tls.clientFault === 'missing') return noneSent(request);
  request.log('info', `client SSL certificate verify error: ${tls.clientVerify.slice('FAILED:'.length)}`);
  return unverified;
}

function noneSent(request: SiteRequest): StatusOutcome {
  request.log('info', 'client sent no required SSL certificate');
  return missing;
}
