const certificate = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]*-----END \1-----/g;
const privateKey = /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----[\s\S]*?-----END \1-----/;

/** The certificates in a text, each as PEM, in their order. */
export function certificatesIn(text: string): readonly string[] {
  return Array.from(text.matchAll(certificate), ([pem]) => `${pem}\n`);
}

/** The first private key in a text, as PEM. */
export function privateKeyIn(text: string): string | undefined {
  const [pem] = privateKey.exec(text) ?? [];
  return pem === undefined ? undefined : `${pem}\n`;
}
