import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameReader } from './frame-reader.ts';
import { clientFrame, opcode, readServerFrame, serverFrame } from './frames.ts';

const text = Buffer.from('Hello');

describe('clientFrame', () => {
  it('masks the payload', () => {
    const frame = clientFrame(opcode.text, text);
    assert.deepEqual([frame[0], frame[1]], [0x81, 0x80 | 5]);
    const mask = frame.subarray(2, 6);
    assert.equal(Buffer.from(frame.subarray(6).map((byte, index) => byte ^ mask[index % 4]!)).toString(), 'Hello');
  });

  it('refuses a payload that needs a longer head', () => {
    assert.throws(() => clientFrame(opcode.text, Buffer.alloc(126)), /Cannot send 126 bytes/);
  });
});

describe('readServerFrame', () => {
  it('reads what serverFrame makes, and nothing of less', () => {
    const bytes = serverFrame(opcode.text, text);
    assert.deepEqual(readServerFrame(bytes), { opcode: opcode.text, payload: text, size: 7 });
    for (let size = 0; size < bytes.length; size++) assert.equal(readServerFrame(bytes.subarray(0, size)), undefined);
  });

  it('refuses what is long, compressed, masked or a fragment', () => {
    for (const start of [
      [0x81, 126],
      [0xc1, 5],
      [0x81, 0x85],
      [0x01, 5],
    ]) {
      assert.throws(() => readServerFrame(Buffer.from([...start, 0, 0, 0, 0, 0])), /Cannot read the frame/);
    }
  });
});

describe('FrameReader', () => {
  it('gives texts and answers pings, whatever the pieces', () => {
    const bytes = Buffer.concat([
      serverFrame(opcode.text, text),
      serverFrame(opcode.ping, Buffer.from('?')),
      serverFrame(opcode.text, Buffer.from('again')),
    ]);
    for (let size = 1; size <= bytes.length; size++) {
      const texts: string[] = [];
      const written: Buffer[] = [];
      const reader = new FrameReader(
        (payload) => texts.push(payload.toString()),
        (frame) => written.push(frame),
      );
      for (let at = 0; at < bytes.length; at += size) reader.receive(bytes.subarray(at, at + size));
      assert.deepEqual(texts, ['Hello', 'again']);
      assert.deepEqual(written, [clientFrame(opcode.pong, Buffer.from('?'))]);
      assert.equal(reader.isBetweenFrames, true);
    }
  });
});
