import assert from 'node:assert/strict';
import { it } from 'node:test';
import { escapeHtml } from './escape-html.ts';

it('escapeHtml leaves nothing that could begin a tag, an entity or end an attribute', () => {
  assert.equal(escapeHtml(`<a b="c" d='e'>&amp;</a>`), '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;&lt;/a&gt;');
});
