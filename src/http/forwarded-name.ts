const hyphen = 0x2d;
const underscore = 0x5f;
const letterF = 0x66;
const letterX = 0x78;

/**
 * Whether the lower-case name in `bytes[name, nameEnd)` is one of those by which a proxy tells an app of its client:
 * `forwarded` (RFC 7239), `x-real-ip` and all that begin with `x-forwarded`. It is the whole family, since apps and their
 * middleware believe more of it than servers read: -host, -prefix, -ssl, and the -user of proxies that log people in.
 * An underscore counts as a hyphen, since CGI variables do not tell them apart.
 */
export function isForwardedName(bytes: Uint8Array, name: number, nameEnd: number): boolean {
  const first = bytes[name];
  if (first === letterX) return begins(bytes, name, nameEnd, 'x-forwarded') || is(bytes, name, nameEnd, 'x-real-ip');
  return first === letterF && is(bytes, name, nameEnd, 'forwarded');
}

function is(bytes: Uint8Array, name: number, nameEnd: number, text: string): boolean {
  return nameEnd - name === text.length && begins(bytes, name, nameEnd, text);
}

function begins(bytes: Uint8Array, name: number, nameEnd: number, text: string): boolean {
  if (nameEnd - name < text.length) return false;
  for (let index = 0; index < text.length; index++) {
    const code = bytes[name + index];
    if ((code === underscore ? hyphen : code) !== text.charCodeAt(index)) return false;
  }
  return true;
}
