import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isOwnSource, mayHoldOwnSource } from './own-source.ts';

describe('isOwnSource', () => {
  it('takes Python files at any depth', () => {
    for (const path of ['main.py', 'shop/web.py', 'shop/api/v1/__init__.py', 'env/settings.py']) {
      assert.equal(isOwnSource(path), true, path);
    }
  });

  it('leaves out other files, hidden ones and what is in foreign folders', () => {
    for (const path of [
      'page.html',
      'main.pyc',
      '.main.py.swp',
      '.#main.py',
      '__pycache__/main.py',
      '.venv/lib/x.py',
      'venv/lib/x.py',
      'env/lib/python3.12/site-packages/x.py',
      'web/node_modules/gyp/x.py',
      '.git/hooks/x.py',
      'py',
    ]) {
      assert.equal(isOwnSource(path), false, path);
    }
  });
});

describe('mayHoldOwnSource', () => {
  it('looks into folders, but not into foreign ones, and at no file of another kind', () => {
    for (const path of ['shop', 'shop/api']) assert.equal(mayHoldOwnSource(path), true, path);
    for (const path of ['.git', 'venv', 'shop/__pycache__', 'static/site.css', 'media/photo.jpg']) {
      assert.equal(mayHoldOwnSource(path), false, path);
    }
  });
});
