import { existsSync, readFileSync } from 'node:fs';

/** How a system is told to trust a CA. */
export interface TrustStore {
  /** Who reads it. */
  readonly readers: string;
  /** Where its certificate is once that has been done; undefined where no file tells. */
  readonly file: string | undefined;
  /** A command of a shell. */
  readonly command: string;
}

const name = 'galley-dev';

/** The stores of the system that this is, the one of programs first. `exists` tells whether a folder is there. */
export function trustStores(
  root: string,
  platform: NodeJS.Platform = process.platform,
  exists: (path: string) => boolean = existsSync,
): readonly TrustStore[] {
  const path = quoted(root);
  if (platform === 'darwin') {
    const keychain = '/Library/Keychains/System.keychain';
    const command = `sudo security add-trusted-cert -d -r trustRoot -k ${keychain} ${path}`;
    return [{ readers: 'Safari, Chrome, curl', file: undefined, command }];
  }
  if (platform === 'win32') {
    return [{ readers: 'Edge, Chrome', file: undefined, command: `certutil -user -addstore Root ${path}` }];
  }
  const [folder = '', update = ''] =
    systemStores.find(([each]) => exists(each)) ?? (systemStores[0] as (typeof systemStores)[number]);
  const file = `${folder}/${name}.crt`;
  return [
    { readers: 'curl and other programs', file, command: `sudo cp ${path} ${file} && sudo ${update}` },
    {
      readers: 'Chromium and Chrome',
      file: undefined,
      command: `certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n ${name} -i ${path}`,
    },
  ];
}

/** Debian and Ubuntu, Fedora and Red Hat, Arch, SUSE. */
const systemStores: readonly (readonly [folder: string, update: string])[] = [
  ['/usr/local/share/ca-certificates', 'update-ca-certificates'],
  ['/etc/pki/ca-trust/source/anchors', 'update-ca-trust'],
  ['/etc/ca-certificates/trust-source/anchors', 'trust extract-compat'],
  ['/etc/pki/trust/anchors', 'update-ca-certificates'],
];

/** What a person does so that browsers trust the certificates of a development CA; one line where the system does already. */
export function trustText(root: string, stores: readonly TrustStore[] = trustStores(root)): string {
  if (stores.some(({ file }) => file !== undefined && isSame(file, root))) {
    return '  Trust    this system trusts the CA; browsers may have lists of their own: docs/tls.md\n';
  }
  const steps = stores.map(({ readers, command }) => `  ${readers}:\n    ${command}\n`);
  return `\nBrowsers warn of the certificate until they trust its CA, ${root}. Once, for\n${steps.join('')}  Firefox: Settings, Certificates, Import\n`;
}

function isSame(one: string, other: string): boolean {
  try {
    return readFileSync(one).equals(readFileSync(other));
  } catch {
    return false;
  }
}

/** A word of a shell. */
function quoted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
