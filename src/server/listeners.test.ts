import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planOf } from '../../test/support/site-stage.ts';
import { bindText } from '../front/listen.ts';
import { ListenerNumbers, neededListeners } from './listeners.ts';

function needed(...addresses: string[]): ReturnType<typeof neededListeners> {
  return neededListeners(planOf(addresses.map((address) => `server { listen ${address}; }`).join(' ')));
}

describe('neededListeners', () => {
  it('opens one socket for all addresses of a port and tells its connections apart', () => {
    const sockets = needed('127.0.0.1:8080', '8080', '[::1]:8080', '127.0.0.2:8080', '127.0.0.1:8081');
    assert.deepEqual(
      sockets.map(({ bind, place }) => [bindText(bind), place.index, place.byAddress]),
      [
        [
          '0.0.0.0:8080',
          1,
          [
            { address: '127.0.0.1', index: 0 },
            { address: '127.0.0.2', index: 3 },
          ],
        ],
        ['[::1]:8080', 2, []],
        ['127.0.0.1:8081', 4, []],
      ],
    );
  });

  it('keeps the families apart', () => {
    const sockets = needed('80', '[::]:80', '[::]:81 ipv6only=off');
    assert.deepEqual(
      sockets.map(({ bind, ipv6Only }) => [bindText(bind), ipv6Only]),
      [
        ['0.0.0.0:80', true],
        ['[::]:80', true],
        ['[::]:81', false],
      ],
    );
  });
});

describe('ListenerNumbers', () => {
  it('gives an address the number that it had, and a new one no other', () => {
    const numbers = new ListenerNumbers();
    const numbersOf = (...addresses: string[]): readonly number[] =>
      numbers.assign(needed(...addresses)).map(({ listener }) => listener);
    assert.deepEqual(numbersOf('80', '81'), [0, 1]);
    assert.deepEqual(numbersOf('81', '82'), [1, 2]);
    assert.deepEqual(
      numbers.forget((listener) => listener === 0),
      [0],
    );
    assert.deepEqual(numbersOf('80', '81'), [3, 1]);
  });
});
