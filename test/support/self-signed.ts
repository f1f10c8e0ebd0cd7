import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { AppFolder } from './app-folder.ts';

export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

/** A key and a certificate for `peer.test` that it has signed itself. */
export async function selfSigned(): Promise<SelfSigned> {
  await using folder = await AppFolder.with({});
  const [key, cert] = [folder.file('key.pem'), folder.file('cert.pem')];
  const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=peer.test', '-addext', 'subjectAltName=DNS:peer.test'];
  execFileSync('openssl', ['req', '-x509', ...options, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key, 'latin1'), cert: readFileSync(cert, 'latin1') };
}
