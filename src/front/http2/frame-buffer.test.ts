import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { HeldWrites } from '../held-writes.ts';
import { FrameBuffer } from './frame-buffer.ts';

describe('the frames of a connection', () => {
  it('take no memory that others share when it has ended', () => {
    const writes = new HeldWrites();
    const shared = writes.takeBuffer();
    writes.giveBuffer(shared);
    const output = new FrameBuffer(new Socket(), writes, { flush() {} });
    output.end();
    const { buffer, offset } = output.reserve(100);
    output.commit(offset + 100);
    assert.ok(buffer.length - offset >= 100);
    assert.equal(writes.takeBuffer(), shared);
    assert.equal(output.unsent, 0);
  });
});
