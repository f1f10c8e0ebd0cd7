import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../../core/headers.ts';
import { markOf } from '../../core/name-mark.ts';
import { FieldBlock } from './field-block.ts';
import { FieldSection, type FieldSectionRules } from './field-section.ts';

const lenient: FieldSectionRules = {
  errorCode: 'header-field',
  bareLineFeed: true,
  maxFieldCount: 3,
  maxFieldSize: 100,
};
const strict: FieldSectionRules = { ...lenient, errorCode: 'trailer-field', bareLineFeed: false };

function fieldsOf(text: string, rules = lenient, keep = (_name: string): boolean => true): [string, string][] {
  const block = new FieldBlock();
  const section = new FieldSection(rules, {
    field: (bytes, name, nameEnd, value, valueEnd) => {
      assert.ok(value <= valueEnd);
      return keep(bytes.toString('latin1', name, nameEnd));
    },
  });
  const input = Buffer.from(`${text}behind`, 'latin1');
  block.reserve(section.roomFor(input.length));
  assert.equal(section.read(input, 0, input.length, block), text.length);
  return [...block.close()];
}

describe('FieldSection', () => {
  it('lowers names and trims values', () => {
    assert.deepEqual(fieldsOf('HoSt: a\r\nX-Y:\t b  c \t\r\nempty: \r\n\r\n'), [
      ['host', 'a'],
      ['x-y', 'b  c'],
      ['empty', ''],
    ]);
    assert.deepEqual(fieldsOf('a:b\r\n\r\n'), [['a', 'b']]);
    assert.deepEqual(fieldsOf('\r\n'), []);
  });

  it('takes every byte of a token and of a value', () => {
    assert.deepEqual(fieldsOf('!#$%&\'*+-.^_`|~09azAZ: \t !"~\x80\xff\r\n\r\n'), [
      ["!#$%&'*+-.^_`|~09azaz", '!"~\x80\xff'],
    ]);
  });

  it('ends lines with LF alone where the rules say so', () => {
    assert.deepEqual(fieldsOf('a: b\nc: d\r\n\n'), [
      ['a', 'b'],
      ['c', 'd'],
    ]);
    for (const text of ['a: b\nc: d\r\n\r\n', 'a: b\r\n\n', '\n']) {
      assert.throws(() => fieldsOf(text, strict), { code: 'trailer-field' }, JSON.stringify(text));
    }
  });

  it('refuses what is no field line', () => {
    for (const line of [
      'a : b',
      'a\t: b',
      ' a: b',
      ': b',
      'a',
      'a b: c',
      'a\0: b',
      'a\xe9: b',
      'a(: b',
      'a: b\0',
      'a: b\x7f',
      'a: \x1b[0m',
      'a: b\rc',
      'a: b\r\r',
      'a:\r',
      'a: b\r\n c',
      'a: b\r\n\tc',
      'a: b\n c',
    ]) {
      assert.throws(() => fieldsOf(`${line}\r\n\r\n`), { code: 'header-field' }, JSON.stringify(line));
    }
    assert.throws(() => fieldsOf('a: b\r\n\rx'), { code: 'header-field' });
  });

  it('leaves out what the receiver does not keep', () => {
    assert.deepEqual(
      fieldsOf('a: 1\r\nb: 2\r\na: 3\r\n\r\n', lenient, (name) => name !== 'a'),
      [['b', '2']],
    );
  });

  it('counts fields, dropped ones too', () => {
    assert.equal(fieldsOf('a:\r\n'.repeat(3).concat('\r\n')).length, 3);
    assert.throws(() => fieldsOf('a:\r\n'.repeat(4), lenient, () => false), { code: 'header-too-large' });
  });
});

function append(block: FieldBlock, name: string, value: string): void {
  const field = HeaderList.of([[name, value]]).bytes;
  block.reserve(field.length);
  block.at += field.copy(block.bytes, block.at);
  block.marks |= markOf(name);
}

describe('FieldBlock', () => {
  it('gives each section memory that is never written again', () => {
    const lists = Array.from({ length: 3000 }, (_, index) => {
      const block = new FieldBlock();
      block.reserve(index % 90);
      if (index % 7 === 0) block.park();
      append(block, 'name', `${index} ${'x'.repeat(index % 90)}`);
      return block.close();
    });
    for (const [index, list] of lists.entries()) assert.equal(list.get('name'), `${index} ${'x'.repeat(index % 90)}`);
  });

  it('keeps what was written when it moves and grows', () => {
    const block = new FieldBlock();
    for (let index = 0; index < 250; index++) {
      append(block, `x-${index}`, String(index));
      block.park();
    }
    const fields = [...block.close()];
    assert.deepEqual(fields[249], ['x-249', '249']);
    assert.equal(fields.length, 250);
  });

  it('takes a section that is larger than a slab', () => {
    const block = new FieldBlock();
    append(block, 'a', 'x'.repeat(199_997));
    assert.equal(block.close().get('a')?.length, 199_997);
  });
});

describe('roomFor', () => {
  it('is enough for the most fields that so many bytes can hold', () => {
    for (const lines of ['a:\n'.repeat(90), 'a:b\r\n'.repeat(100), `a:${'x'.repeat(5_000)}\n`]) {
      const block = new FieldBlock();
      const section = new FieldSection({ ...lenient, maxFieldCount: 100, maxFieldSize: 16_384 }, { field: () => true });
      const room = section.roomFor(lines.length + 1);
      block.reserve(room);
      const before = block.at;
      assert.ok(section.read(Buffer.from(`${lines}\n`), 0, lines.length + 1, block) > 0);
      assert.ok(block.at - before <= room, `${block.at - before} of ${room}`);
    }
  });
});
