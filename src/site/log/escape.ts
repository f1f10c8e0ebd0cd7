import { isUtf8 } from 'node:buffer';

/** How values are written to a log: `text` is latin-1 of bytes, and so is what is given. */
export type Escape = (text: string) => string;

/** nginx's `escape=default`: quotes, backslashes and all that is no printable ASCII as \xHH. */
export const escapeDefault: Escape = (text) => (/[^\x20-\x21\x23-\x5b\x5d-\x7e]/.test(text) ? hexEscaped(text) : text);

/** nginx's `escape=json`: what JSON does not allow inside a string is escaped; and what is no UTF-8, which nginx leaves as it is. */
export const escapeJson: Escape = (text) => (/[^\x20-\x21\x23-\x5b\x5d-\x7f]/.test(text) ? jsonEscaped(text) : text);

/** nginx's `escape=none`. Line feeds are escaped all the same, so that nobody can forge a line. */
export const escapeNone: Escape = (text) => (/[\r\n]/.test(text) ? text.replace(/[\r\n]/g, byteAsHex) : text);

function hexEscaped(text: string): string {
  return text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, byteAsHex);
}

function byteAsHex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function jsonEscaped(text: string): string {
  const pattern = isUtf8(Buffer.from(text, 'latin1')) ? /["\\\x00-\x1f]/g : /["\\\x00-\x1f\x80-\xff]/g;
  return text.replace(pattern, (character) => {
    const code = character.charCodeAt(0);
    return shortEscapes[character] ?? `\\u${code.toString(16).padStart(4, '0').toUpperCase()}`;
  });
}
