import type { VariablePlan } from '../plan/variable-plan.ts';
import type { RuleConfig } from './config.ts';

export interface HttpsRedirect {
  /** Where TLS is. */
  readonly port: number;
  readonly status: number;
}

/** The rule that sends requests without TLS to https, and the variable of that name that it goes by. */
export function redirectToHttps(
  variable: string,
  { port, status }: HttpsRedirect,
): { readonly variable: VariablePlan; readonly rule: RuleConfig } {
  return {
    variable: {
      kind: 'map',
      variable,
      source: '$https $uri',
      entries: [
        { key: '~^on ', value: '' },
        // Programs that get certificates answer there without TLS (RFC 8555 §8.3).
        { key: '~^ /\\.well-known/acme-challenge/', value: '' },
      ],
      fallback: '1',
      hostnames: false,
      volatile: false,
    },
    rule: {
      kind: 'if',
      condition: { kind: 'set', variable },
      rules: [{ kind: 'return', status, text: `https://$host${port === 443 ? '' : `:${port}`}$request_uri` }],
      block: undefined,
    },
  };
}
