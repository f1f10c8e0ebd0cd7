import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAuthority } from './host.ts';

function isHost(text: string): boolean {
  // Neighbours show that nothing outside the range is looked at.
  const bytes = Buffer.from(`]:${text}:80]`, 'latin1');
  return isAuthority(bytes, 2, 2 + text.length);
}

describe('isAuthority', () => {
  it('takes names, addresses and ports', () => {
    for (const host of [
      'a',
      'www.example.com',
      'a_b.test:8080',
      'a.',
      '.a',
      '127.0.0.1:80',
      'x%41',
      'a:',
      'a:65535',
      '[::1]',
      '[::ffff:1.2.3.4]:443',
    ]) {
      assert.ok(isHost(host), host);
    }
  });

  it('refuses paths, userinfo, lists, spaces and what is empty', () => {
    for (const host of [
      '',
      ':80',
      'a/b',
      'u@a',
      'a,b',
      'a b',
      'a\tb',
      'a?b',
      'a#b',
      'a\\b',
      'a"b',
      'a<b',
      'a\xe9',
      'a\x7f',
      '.',
      '.:80',
      'a..b',
      'a..',
      '..',
    ]) {
      assert.ok(!isHost(host), JSON.stringify(host));
    }
  });

  it('refuses ports that are no ports', () => {
    for (const host of ['a:b', 'a:80:80', 'a:65536', 'a:-1', 'a:+1', 'a: 1', 'a:99999999999999999999']) {
      assert.ok(!isHost(host), host);
    }
  });

  it('refuses broken literals and escapes', () => {
    for (const host of [
      '[]',
      '[::1',
      '::1',
      '[::1]x',
      '[1.2.3.4]',
      '[v1.x]',
      '[fe80::1%25eth0]',
      '[:::]',
      'a%',
      'a%4',
      'a%zz',
    ]) {
      assert.ok(!isHost(host), host);
    }
  });
});
