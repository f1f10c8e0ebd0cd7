import type { TlsPlan } from '../plan/tls-plan.ts';

/** Mozilla's intermediate preset; see src/tls/presets.ts for the others. nginx's own defaults are said by its adapter. */
export const tlsDefaults: TlsPlan = {
  certificates: [],
  managed: undefined,
  rejectsHandshake: false,
  versions: ['TLSv1.2', 'TLSv1.3'],
  ciphers: undefined,
  prefersServerCiphers: false,
  groups: undefined,
  dhParameters: undefined,
  sessionTickets: true,
  sessionTimeoutMs: 86_400_000, // Mozilla 1d, nginx 5m
  ticketKeyFiles: [],
  clients: undefined,
  stapling: undefined,
};
