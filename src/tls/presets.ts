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

const newest: readonly string[] = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);

/** OpenSSL has X25519MLKEM768, which is safe from the quantum computers of the future, since 3.5. */
const hybrids: readonly string[] = major > 3 || (major === 3 && minor >= 5) ? ['X25519MLKEM768'] : [];

const groups: string = [...hybrids, 'X25519', 'prime256v1', 'secp384r1'].join(':');

/**
 * Mozilla's guidelines for servers, version 5.7. One thing differs: theirs leave the order to clients, so that those without AES in hardware
 * get ChaCha20. Those get it here as well (see contextOptions), and all others AES-128, which costs less.
 */
export const presets: Readonly<Record<'modern' | 'intermediate' | 'old', TlsPreset>> = {
  modern: { versions: ['TLSv1.3'], ciphers: newest.join(':'), prefersServerCiphers: true, groups },
  intermediate: {
    versions: ['TLSv1.2', 'TLSv1.3'],
    ciphers: [...newest, ...forwardSecret].join(':'),
    prefersServerCiphers: true,
    groups,
  },
  old: {
    versions: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
    ciphers: [...newest, ...old].join(':'),
    prefersServerCiphers: true,
    groups,
  },
};
