import assert from 'node:assert/strict';
import { it } from 'node:test';
import { planOf } from '../../../test/support/site-stage.ts';
import { usedOnlyAs } from './upstream-uses.ts';

it('names the upstreams that are reached over TLS alone', () => {
  const names = ['plain', 'both', 'nested', 'conditional'];
  const plan = planOf(`
    ${names.map((name) => `upstream ${name} { server 127.0.0.1:1; }`).join('\n')}
    server {
      listen 80;
      location /a { proxy_pass http://plain; }
      location /b { proxy_pass http://both; location /b/c { proxy_pass https://nested; } }
      location /d { proxy_pass https://both; if ($arg_x) { proxy_pass https://conditional; } }
    }`);
  const overTls = usedOnlyAs(plan, ({ isOverTls }) => isOverTls);
  assert.deepEqual([...overTls].toSorted(), ['conditional', 'nested']);
});
