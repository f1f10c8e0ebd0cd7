import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PseudoTerminal } from '../../../test/support/pseudo-terminal.ts';

const module = JSON.stringify(new URL('./full-screen.ts', import.meta.url).href);

describe('FullScreen', () => {
  it('gives the terminal back when the program dies of an error that nobody expected', async () => {
    const program = `import { FullScreen } from ${module}; new FullScreen().show(['here']); setImmediate(() => { throw new Error('unexpected') });`;
    using terminal = new PseudoTerminal([process.execPath, '--input-type=module', '-e', program], 24, 80);
    const { code, echoes, readsLines } = await terminal.ended;
    assert.deepEqual([code, echoes, readsLines], [1, true, true]);
    assert.match(terminal.output, /\x1b\[\?1049h[\s\S]*here[\s\S]*\x1b\[\?1049l/);
  });

  it('shows what fits, and always the last line', async () => {
    const program = `import { FullScreen } from ${module}; const screen = new FullScreen(); screen.show(['a', 'b', 'c', 'd', 'last']);`;
    using terminal = new PseudoTerminal([process.execPath, '--input-type=module', '-e', program], 3, 80);
    await terminal.shows(/^a\nb\nlast/);
    assert.equal(terminal.screen.length, 3);
  });
});
