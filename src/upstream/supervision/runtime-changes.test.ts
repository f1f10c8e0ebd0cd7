import assert from 'node:assert/strict';
import { it } from 'node:test';
import { addressText } from '../member.ts';
import { readPeerAddress } from './runtime-changes.ts';

const wrong = [
  'a..b:80',
  '...:80',
  '.a:80',
  '256.0.0.1:80',
  '1.2:80',
  `${'a'.repeat(64)}:80`,
  `${'a.'.repeat(127)}:80`,
];
const wrongPaths = ['unix:', 'unix:a', `unix:/${'a'.repeat(107)}`, 'unix:/a\0b'];

for (const text of [...wrong, ...wrongPaths, 'a', 'a:0', 'a:65536', '[1::2::3]:80']) {
  it(`takes no ${JSON.stringify(text)} for an address`, () => assert.equal(readPeerAddress(text), undefined));
}

for (const [text, expected] of [
  ['App.Example.:80', 'app.example.:80'],
  ['my_app-1:65535', 'my_app-1:65535'],
  ['127.0.0.1:80', '127.0.0.1:80'],
  ['[FE80::1]:80', '[fe80::1]:80'],
  ['unix:/Run/a.sock', 'unix:/Run/a.sock'],
  [`unix:/${'a'.repeat(106)}`, `unix:/${'a'.repeat(106)}`],
] as const) {
  it(`takes ${text} for ${expected}`, () => {
    const address = readPeerAddress(text);
    assert.equal(address && addressText(address), expected);
  });
}
