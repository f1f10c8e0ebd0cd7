import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { trustStores, trustText } from './dev-trust.ts';

describe('trustStores', () => {
  const commands = (platform: NodeJS.Platform, folder = ''): readonly string[] =>
    trustStores("/home/o'b c/root.pem", platform, (path) => path === folder).map(({ command }) => command);

  const cases: readonly (readonly [platform: NodeJS.Platform, folder: string, first: string])[] = [
    [
      'linux',
      '',
      "sudo cp '/home/o'\\''b c/root.pem' /usr/local/share/ca-certificates/galley-dev.crt && sudo update-ca-certificates",
    ],
    [
      'linux',
      '/etc/pki/ca-trust/source/anchors',
      "sudo cp '/home/o'\\''b c/root.pem' /etc/pki/ca-trust/source/anchors/galley-dev.crt && sudo update-ca-trust",
    ],
    [
      'darwin',
      '',
      "sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain '/home/o'\\''b c/root.pem'",
    ],
    ['win32', '', "certutil -user -addstore Root '/home/o'\\''b c/root.pem'"],
  ];
  for (const [platform, folder, first] of cases) {
    it(`is told how on ${platform} ${folder}`, () => assert.equal(commands(platform, folder)[0], first));
  }
});

describe('trustText', () => {
  it('tells what to do until the system has the certificate', async () => {
    await using folder = await AppFolder.with({ 'root.pem': 'a', 'same.crt': 'a', 'other.crt': 'b' });
    const text = (file: string): string =>
      trustText(folder.file('root.pem'), [{ readers: 'curl', file: folder.file(file), command: 'make it so' }]);
    assert.match(text('none.crt'), /until they trust its CA, \S+root\.pem\..*\n {2}curl:\n {4}make it so\n/);
    assert.match(text('other.crt'), /make it so/);
    assert.match(text('same.crt'), /^ {2}Trust {4}this system trusts the CA/);
  });
});
