import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseHtpasswd } from './htpasswd.ts';

it('parseHtpasswd reads users and hashes as nginx does', () => {
  const text =
    '# people\nann:{PLAIN}a:comment:more\r\nbob:$1$x$y\n\nno colon\n:empty\nann:second\n#bob:x\nlast:{PLAIN}z';
  assert.deepEqual(
    [...parseHtpasswd(text)],
    [
      ['ann', '{PLAIN}a'],
      ['bob', '$1$x$y'],
      ['', 'empty'],
      ['last', '{PLAIN}z'],
    ],
  );
});
