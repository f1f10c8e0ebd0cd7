import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startGalley } from '../support/galley.ts';

const examples = [
  { folder: 'fastapi', target: 'main:app', path: '/hello/Ana', says: '{"message":"Ahoy, Ana"}' },
  { folder: 'flask', target: 'app:app', path: '/hello/Ana', says: '<p>Ahoy, Ana' },
  { folder: 'django', target: 'mysite.asgi:application', path: '/later/', says: '{"interface": "ASGIRequest"}' },
  { folder: 'django', target: 'mysite.wsgi:application', path: '/later/', says: '{"interface": "WSGIRequest"}' },
] as const;

describe('the apps of the quick starts', () => {
  for (const { folder, target, path, says } of examples) {
    it(`answers from examples/${folder} as ${target}`, async () => {
      const directory = fileURLToPath(new URL(`../../examples/${folder}`, import.meta.url));
      await using galley = await startGalley(target, { cwd: directory, args: ['--workers', '1'] });
      const answer = await fetch(`${galley.url}${path}`);
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), says);
      assert.equal(await galley.stop(), 0);
    });
  }
});
