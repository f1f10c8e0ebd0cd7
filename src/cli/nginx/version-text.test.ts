import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { programPath, requires } from '../../../test/support/requirements.ts';
import { directiveRules } from '../../config/nginx/syntax/directives/table.ts';
import { moduleArguments } from './modules.ts';
import { configureText, usageText, versionLine } from './version-text.ts';

describe('versionLine', () => {
  it('is found by the patterns of certbot, Ansible and shell scripts', () => {
    const [, product, number = ''] = /nginx version: ([^/]+)\/([0-9.]*)/i.exec(versionLine) ?? [];
    assert.equal(product, 'nginx');
    assert.match(number, /^\d+\.\d+\.\d+$/);
    assert.ok(versionLine.includes(`nginx/${number} (galley `));
  });
});

describe('configureText', () => {
  it('has the modules that the table of directives says are there, and says which are not', () => {
    const line =
      configureText()
        .split('\n')
        .find((each) => each.startsWith('configure arguments: ')) ?? '';
    const words = line.split(' ');
    for (const word of [
      '--prefix=/usr/share/nginx',
      '--conf-path=/etc/nginx/nginx.conf',
      '--with-http_realip_module',
    ]) {
      assert.ok(words.includes(word), `${word} in ${line}`);
    }
    assert.ok(words.includes('--without-http_memcached_module'), line);
    assert.ok(!words.includes('--without-http_gzip_module'), line);
  });

  it('tells of TLS where there is TLS', () => {
    const hasTls = directiveRules.some(({ name, support }) => name === 'ssl_certificate' && support.kind === 'full');
    assert.equal(configureText().includes('TLS SNI support enabled'), hasTls);
    assert.equal(moduleArguments().includes('--with-http_ssl_module'), hasTls);
  });
});

describe('usageText', () => {
  it('is that of Debian’s nginx', { skip: requires('nginx') }, () => {
    const { stderr } = spawnSync(programPath('nginx') ?? '', ['-h'], { encoding: 'utf8', timeout: 5_000 });
    assert.equal(usageText, stderr.slice(stderr.indexOf('\n') + 1));
  });
});
