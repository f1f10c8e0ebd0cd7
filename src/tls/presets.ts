import type { TlsPlan } from '../plan/tls-plan.ts';

/** What a preset says of a server's TLS. */
export type TlsPreset = Pick<TlsPlan, 'versions' | 'ciphers' | 'prefersServerCiphers' | 'groups'>;

const forwardSecret: readonly string[] = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'DHE-RSA-AES128-GCM-SHA256',
  'DHE-RSA-AES256-GCM-SHA384',
  'DHE-RSA-CHACHA20-POLY1305',
];

const old: readonly string[] = [
  ...forwardSecret,
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA384',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'DHE-RSA-AES128-SHA256',
  'DHE-RSA-AES256-SHA256',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA256',
  'AES256-SHA256',
  'AES128-SHA',
  'AES256-SHA',
  // OpenSSL 3 has TLS 1.0 and 1.1 at this level alone.
  '@SECLEVEL=0',
];

const groups = 'X25519:prime256v1:secp384r1';

/** Mozilla's guidelines for servers, version 5.7. */
export const presets: Readonly<Record<'modern' | 'intermediate' | 'old', TlsPreset>> = {
  modern: { versions: ['TLSv1.3'], ciphers: undefined, prefersServerCiphers: false, groups },
  intermediate: {
    versions: ['TLSv1.2', 'TLSv1.3'],
    ciphers: forwardSecret.join(':'),
    prefersServerCiphers: false,
    groups,
  },
  old: {
    versions: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
    ciphers: old.join(':'),
    prefersServerCiphers: true,
    groups,
  },
};
