import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { appTargetProblem } from './app-target.ts';

describe('appTargetProblem', () => {
  for (const target of ['main', 'main:app', 'shop.wsgi:application', 'main:site.app', '_a1:_b', 'straße:größe']) {
    it(`finds nothing wrong with ${target}`, () => assert.equal(appTargetProblem(target), undefined));
  }

  const instead: Readonly<Record<string, string>> = {
    'app.py': 'it takes a module, not a file. Write "app"',
    'main.py:app': 'it takes a module, not a file. Write "main:app"',
    './src/main.py:app': 'it takes a module, not a file. Write "src.main:app"',
    'main:make()': 'a function that makes the app is written "main:make --factory"',
  };
  for (const [target, problem] of Object.entries(instead)) {
    it(`says what to write for ${target}`, () => assert.equal(appTargetProblem(target), problem));
  }

  for (const target of [
    '',
    ':app',
    'main:',
    'main::app',
    'main:app:x',
    '1main:app',
    'my-app:app',
    '.',
    './public',
    'a..b',
  ]) {
    it(`refuses "${target}"`, () => {
      assert.equal(appTargetProblem(target), 'it takes MODULE:ATTR, such as main:app or shop.wsgi:application');
    });
  }
});
