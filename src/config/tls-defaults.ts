import type { TlsPlan } from '../plan/tls-plan.ts';
import { presets } from '../tls/presets.ts';

/** Mozilla's intermediate preset. nginx's own defaults are said by its adapter. */
export const tlsDefaults: TlsPlan = {
  certificates: [],
  managed: undefined,
  rejectsHandshake: false,
  ...presets.intermediate,
  dhParameters: undefined,
  sessionTickets: true,
  sessionTimeoutMs: 86_400_000, // Mozilla 1d, nginx 5m
  ticketKeyFiles: [],
  clients: undefined,
  stapling: undefined,
};
