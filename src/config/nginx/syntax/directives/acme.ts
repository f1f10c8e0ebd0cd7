import { acmeIssuer, type DirectiveRule, full, http, ignored, never, rule } from './rule.ts';

/** Certificates that are got by ACME: a module of nginx's makers. */
export const acmeDirectives: readonly DirectiveRule[] = [
  rule('acme_issuer', http, '1 many block', full),
  rule('acme_certificate', ['server'], '1+ once', full),
  rule('acme_shared_zone', http, '1 once', ignored('what issuers give is kept in their "state_path"')),
  rule('uri', acmeIssuer, '1 once', full),
  rule('account_key', acmeIssuer, '1 once', full),
  rule('challenge', acmeIssuer, '1 once', full),
  rule('contact', acmeIssuer, '1 many', full),
  rule('external_account_key', acmeIssuer, '2 once', full),
  rule('preferred_chain', acmeIssuer, '1 once', never('Galley takes the chain that the CA gives first')),
  rule('profile', acmeIssuer, '1-2 once', full),
  rule('ssl_trusted_certificate', acmeIssuer, '1 once', full),
  rule('ssl_verify', acmeIssuer, 'flag once', full),
  rule('state_path', acmeIssuer, '1 once', full),
  rule('accept_terms_of_service', acmeIssuer, '0 once', full),
];
