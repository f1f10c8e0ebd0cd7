import { COLON, HEX } from './ascii.ts';

const openingBracket = 91;
const closingBracket = 93;
const percent = 37;
const dot = 46;
const maxPort = 65_535;

/** 1 for the bytes of a reg-name (RFC 3986 §3.2.2) but the comma, which joins lists; `%` is looked at by itself. */
const NAME: Uint8Array = new Uint8Array(256);
for (const character of "-._~!$&'()*+;=%") NAME[character.charCodeAt(0)] = 1;
NAME.fill(1, 48, 58).fill(1, 65, 91).fill(1, 97, 123);

/** Whether `bytes[start, end)` is `uri-host [":" port]` with a host that is not empty (RFC 9110 §7.2), and no label of it but the last. */
export function isAuthority(bytes: Buffer, start: number, end: number): boolean {
  const hostEnd = bytes[start] === openingBracket ? literalEnd(bytes, start, end) : nameEnd(bytes, start, end);
  return hostEnd > start && (hostEnd === end || isPort(bytes, hostEnd, end));
}

function nameEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const code = bytes[at] as number;
    if (NAME[code] === 0) break;
    if (code === dot && bytes[at - 1] === dot && at > start) return -1;
    if (code === percent && (at + 2 >= end || !isHex(bytes[at + 1]) || !isHex(bytes[at + 2]))) return -1;
  }
  return at === start + 1 && bytes[start] === dot ? -1 : at;
}

/** The offset after an IPv6 address in brackets, or -1; IPvFuture addresses do not exist. */
function literalEnd(bytes: Buffer, start: number, end: number): number {
  const close = bytes.indexOf(closingBracket, start);
  if (close < 0 || close >= end) return -1;
  const literal = bytes.toString('latin1', start, close + 1);
  return /^\[[0-9a-f:.]+\]$/i.test(literal) && URL.canParse(`http://${literal}/`) ? close + 1 : -1;
}

function isPort(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] !== COLON) return false;
  let port = 0;
  for (let at = start + 1; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
    if (port > maxPort) return false;
  }
  return true;
}

function isHex(code: number | undefined): boolean {
  return code !== undefined && HEX[code] !== 255;
}
