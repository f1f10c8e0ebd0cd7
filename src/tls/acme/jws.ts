import { createHash, createHmac, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** A public key as JSON (RFC 7517), with the members that its thumbprint is made of, in their order. */
export type Jwk = Readonly<Record<'crv' | 'kty' | 'x' | 'y', string>>;

/** Who signs: a new account by its key, another one by its URL. */
export type Signer = { readonly jwk: Jwk } | { readonly kid: string };

/** Of a P-256 key. */
export function jwkOf(key: KeyObject): Jwk {
  const { crv = '', kty = '', x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  return { crv, kty, x, y };
}

/** RFC 7638, base64url. */
export function thumbprint(jwk: Jwk): string {
  return sha256(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }));
}

/** Base64url. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** A request of ACME (RFC 8555 §6.2), ES256. No payload is POST-as-GET. */
export function signedRequest(
  key: KeyObject,
  signer: Signer,
  { url, nonce, payload }: { readonly url: string; readonly nonce: string; readonly payload: unknown },
): string {
  const head = base64url(JSON.stringify({ alg: 'ES256', ...signer, nonce, url }));
  const body = payload === undefined ? '' : base64url(JSON.stringify(payload));
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
  return JSON.stringify({ protected: head, payload: body, signature: signature.toString('base64url') });
}

/** Says that an account belongs to one that the CA knows from elsewhere (RFC 8555 §7.3.4). `macKey`: base64url. */
export function externalAccountBinding(jwk: Jwk, url: string, keyId: string, macKey: string): unknown {
  const head = base64url(JSON.stringify({ alg: 'HS256', kid: keyId, url }));
  const payload = base64url(JSON.stringify(jwk));
  const mac = createHmac('sha256', Buffer.from(macKey.trim(), 'base64url'));
  return { protected: head, payload, signature: mac.update(`${head}.${payload}`).digest('base64url') };
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
