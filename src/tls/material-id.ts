import { createHash } from 'node:crypto';
import type { TlsMaterial } from './tls-material.ts';

/** A material with its id, which is a digest of all of it. */
export function identified(material: Omit<TlsMaterial, 'id'>): TlsMaterial {
  const digest = createHash('sha256');
  const add = (part: string | Uint8Array): void => {
    digest.update(`${part.length} `);
    digest.update(part);
  };
  const { plan, certificates, dhParameters, ticketKey, clients, isOnDemand } = material;
  add(JSON.stringify([plan, clients, dhParameters, isOnDemand, certificates.length]));
  add(ticketKey);
  for (const { certificate, key, ocspResponse } of certificates) {
    add(certificate);
    add(key);
    add(ocspResponse ?? '');
  }
  return { ...material, id: digest.digest('base64') };
}
