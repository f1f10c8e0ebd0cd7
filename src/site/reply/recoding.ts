import type { ByteTransform } from './transformed-body.ts';

/** Makes a transform of text from one charset to another; undefined where one of them is not known. Names are as MIME has them. */
export function recoding(from: string, to: string): ByteTransform | undefined {
  const decode = decoderFor(from);
  const encode = encoderFor(to);
  return decode && encode && { push: (piece) => encode(decode(piece)), end: () => encode(decode()) };
}

type Decode = (bytes?: Uint8Array) => string;
type Encode = (text: string) => Uint8Array;

// For browsers latin-1 is another name of windows-1252; here its bytes are what it says.
const latin1 = /^(?:iso-8859-1|latin-?1)$/i;

/** Called without bytes at the end. */
function decoderFor(charset: string): Decode | undefined {
  if (latin1.test(charset)) return (bytes) => (bytes ? asBuffer(bytes).toString('latin1') : '');
  try {
    const decoder = new TextDecoder(charset, { ignoreBOM: true });
    return (bytes) => (bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode());
  } catch {
    return undefined;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

const encoders = new Map<string, Encode>();

function encoderFor(charset: string): Encode | undefined {
  const name = charset.toLowerCase();
  if (/^utf-?8$/.test(name)) return (text) => Buffer.from(text);
  const known = encoders.get(name);
  if (known) return known;
  const bytes = singleByteTable(name);
  if (!bytes) return undefined;
  const encode: Encode = (text) => {
    let encoded = '';
    for (const character of text) encoded += bytes.get(character) ?? `&#${character.codePointAt(0)};`;
    return Buffer.from(encoded, 'latin1');
  };
  encoders.set(name, encode);
  return encode;
}

/** The byte of each character, as latin-1, in a charset that has one for each; undefined for others. */
function singleByteTable(charset: string): ReadonlyMap<string, string> | undefined {
  const table = new Map<string, string>();
  for (let byte = 0; byte < 256; byte++) {
    const decode = decoderFor(charset);
    if (!decode) return undefined;
    const character = decode(Uint8Array.of(byte)) + decode();
    if (character.length === 1 && character !== '\ufffd') table.set(character, String.fromCharCode(byte));
  }
  // In UTF-16 and the multibyte charsets no single byte, or but few, is a character.
  return table.size > 200 ? table : undefined;
}
