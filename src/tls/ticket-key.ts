import { hkdfSync } from 'node:crypto';
import { TlsFileError } from './tls-file-error.ts';

const nodeSize = 48;

/**
 * What tickets are encrypted with, from the bytes of a key file in nginx's layout. Node knows 48 bytes: 16 of name, 16 for HMAC-SHA-256, 16 for
 * AES-128. nginx has in 48 bytes a name, AES, HMAC. Its 80 bytes are for AES-256, which Node does not do: 48 bytes are derived of them, so that
 * machines that run Galley with the same file understand each other's tickets, and nginx does not.
 */
export function ticketSecretOfFile(path: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 80) return derived(bytes, 'galley ticket key of 80 bytes');
  if (bytes.length !== nodeSize) {
    throw new TlsFileError(`Cannot use the session ticket key "${path}": it has ${bytes.length} bytes, not 48 or 80`, {
      fix: 'make one with: openssl rand 80 > FILE',
    });
  }
  return Buffer.concat([bytes.subarray(0, 16), bytes.subarray(32, 48), bytes.subarray(16, 32)]);
}

/** The TicketKeys of servers with the same rules for client certificates ('' for none): no other server decrypts their tickets. */
export function ticketKeyOf(secret: Uint8Array, rules: string): Uint8Array {
  return rules === '' ? secret : derived(secret, `galley ticket key for clients ${rules}`);
}

function derived(secret: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', info, nodeSize));
}
