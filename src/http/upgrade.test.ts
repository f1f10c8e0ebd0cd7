import assert from 'node:assert/strict';
import { it } from 'node:test';
import { HeaderList } from '../core/headers.ts';
import { wantsUpgrade } from './upgrade.ts';

const cases: readonly [fields: [string, string][], wants: boolean, version?: '1.0'][] = [
  [
    [
      ['connection', 'Upgrade'],
      ['upgrade', 'websocket'],
    ],
    true,
  ],
  [
    [
      ['connection', 'keep-alive, UPGRADE'],
      ['upgrade', 'thing/2'],
    ],
    true,
  ],
  [
    [
      ['connection', 'upgrade'],
      ['upgrade', 'h2c, websocket'],
    ],
    true,
  ],
  [
    [
      ['connection', 'upgrade'],
      ['upgrade', 'h2c'],
      ['upgrade', 'other'],
    ],
    true,
  ],
  [
    [
      ['connection', 'upgrade, HTTP2-Settings'],
      ['upgrade', 'H2C'],
      ['http2-settings', ''],
    ],
    false,
  ],
  [
    [
      ['connection', 'upgrade'],
      ['upgrade', ', '],
    ],
    false,
  ],
  [[['connection', 'upgrade']], false],
  [[['upgrade', 'websocket']], false],
  [
    [
      ['connection', 'upgrades'],
      ['upgrade', 'websocket'],
    ],
    false,
  ],
  [
    [
      ['connection', 'upgrade'],
      ['upgrade', 'websocket'],
    ],
    false,
    '1.0',
  ],
];

it('tells who asks for another protocol', () => {
  for (const [fields, wants, version = '1.1'] of cases) {
    assert.equal(wantsUpgrade({ version, headers: HeaderList.of(fields) }), wants, JSON.stringify(fields));
  }
});
