import { ProtocolError } from '../../core/errors.ts';

/** What a client asks for when it begins with TLS (RFC 8446 §4.1.2), as far as it is of use before the handshake. */
export interface ClientHello {
  /** The name that it wants (RFC 6066 §3), lower-case and without a final dot; '' where it says none. */
  readonly serverName: string;
  /** Its protocols in its order (RFC 7301). */
  readonly alpn: readonly string[];
  /** Cipher suites and groups as they are registered, without GREASE (RFC 8701). */
  readonly ciphers: readonly number[];
  readonly groups: readonly number[];
}

const handshakeRecord = 22;
const recordHead = 5;
const clientHello = 1;
const maxRecord = 2 ** 14;
const maxRecords = 64; // some clients make a few of it, so that not everybody on the way finds the name
/** Of the message, in bytes: with keys for post-quantum groups it has about 2,000. */
const maxHello = 16 * 1024; // OpenSSL 131,396; BoringSSL 16,384
const extension = { serverName: 0, groups: 10, alpn: 16 } as const;

/** Reads the first message of a connection to a TLS port. The bytes are kept: whoever does the handshake needs them. */
export class ClientHelloReader {
  #chunks: Buffer[] = [];
  #size = 0;
  /** Of fewer bytes nothing more is known than now. */
  #needed = 1;
  #failure: ProtocolError | undefined;

  /** Bytes kept. */
  get buffered(): number {
    return this.#size;
  }

  /**
   * Gives the message and all bytes so far once it is complete; `plain` where a client speaks HTTP without TLS.
   * Throws ProtocolError `tls-handshake` for anything else, and again on further use.
   */
  receive(
    chunk: Buffer,
  ): { readonly hello: ClientHello; readonly bytes: Buffer } | { readonly plain: Buffer } | undefined {
    if (this.#failure) throw this.#failure;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return undefined;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    if (isLetter(bytes[0] as number)) return { plain: bytes };
    try {
      const message = handshakeMessage(bytes);
      if (typeof message !== 'number') return { hello: readHello(message), bytes };
      this.#needed = message;
    } catch (error) {
      this.#failure = error instanceof RangeError ? invalid('it is cut short') : (error as ProtocolError);
      this.#chunks = [];
      this.#size = 0;
      throw this.#failure;
    }
    return undefined;
  }
}

/** Upper-case, as all methods that anybody sends. */
function isLetter(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/** The body of the first handshake message, put together of its records; or how many bytes it takes to know more. */
function handshakeMessage(bytes: Buffer): Buffer | number {
  const parts: Buffer[] = [];
  let size = 0;
  let needed = 4;
  for (let at = 0; size < needed; ) {
    if (at < bytes.length && bytes[at] !== handshakeRecord) throw invalid('it does not begin with a handshake');
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) throw invalid('its version is none of TLS');
    if (bytes.length < at + recordHead) return bytes.length + 1;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > maxRecord) throw invalid('a record has no length that is allowed');
    const part = bytes.subarray(at + recordHead, at + recordHead + length);
    if (parts.push(part) > maxRecords) throw invalid(`its ClientHello is in more than ${maxRecords} records`);
    size += part.length;
    if (needed === 4 && size >= 4) {
      const head = parts.length === 1 ? part : Buffer.concat(parts);
      if (head[0] !== clientHello) throw invalid('its first message is no ClientHello');
      needed = 4 + head.readUIntBE(1, 3);
      if (needed > maxHello) throw invalid(`its ClientHello has more than ${maxHello} bytes`);
    }
    if (size >= needed) break;
    if (part.length < length) return at + recordHead + length;
    at += recordHead + length;
  }
  return (parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)).subarray(4, needed);
}

/** Throws RangeError where a length goes beyond the message. */
function readHello(message: Buffer): ClientHello {
  const hello = { serverName: '', alpn: [] as string[], ciphers: [] as number[], groups: [] as number[] };
  let at = 34; // legacy_version and random
  at += 1 + message.readUInt8(at); // legacy_session_id
  const ciphers = vector(message, at, 2);
  hello.ciphers = numbers(ciphers);
  at += 2 + ciphers.length;
  at += 1 + message.readUInt8(at); // legacy_compression_methods
  if (at >= message.length) return hello;
  const extensions = vector(message, at, 2);
  for (let from = 0; from < extensions.length; ) {
    const kind = extensions.readUInt16BE(from);
    const data = vector(extensions, from + 2, 2);
    from += 4 + data.length;
    if (kind === extension.serverName) hello.serverName = hostName(data);
    else if (kind === extension.alpn) hello.alpn = protocols(vector(data, 0, 2));
    else if (kind === extension.groups) hello.groups = numbers(vector(data, 0, 2));
  }
  return hello;
}

/** What follows a length of so many bytes. */
function vector(bytes: Buffer, at: number, lengthSize: number): Buffer {
  const length = bytes.readUIntBE(at, lengthSize);
  const end = at + lengthSize + length;
  if (end > bytes.length) throw new RangeError('Beyond the end');
  return bytes.subarray(at + lengthSize, end);
}

function numbers(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const number = bytes.readUInt16BE(at);
    if ((number & 0x0f0f) !== 0x0a0a) found.push(number);
  }
  return found;
}

function hostName(data: Buffer): string {
  const names = vector(data, 0, 2);
  for (let at = 0; at < names.length; ) {
    const kind = names.readUInt8(at);
    const name = vector(names, at + 1, 2);
    at += 3 + name.length;
    if (kind !== 0) continue;
    const text = name.toString('latin1').toLowerCase();
    // What is no host name is no name of ours: the default server answers, as to one that says none.
    if (text.length > 255 || !/^[a-z0-9._-]+$/.test(text)) return '';
    return text.endsWith('.') ? text.slice(0, -1) : text;
  }
  return '';
}

function protocols(list: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < list.length; ) {
    const name = vector(list, at, 1);
    found.push(name.toString('latin1'));
    at += 1 + name.length;
  }
  return found;
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('tls-handshake', `Cannot read the client's TLS: ${reason}`);
}

/** A fatal alert before any key is there (RFC 8446 §6.2), as a record of its own. */
export function fatalAlert(description: 'handshake_failure' | 'unrecognized_name' | 'internal_error'): Buffer {
  const code = { handshake_failure: 40, internal_error: 80, unrecognized_name: 112 }[description];
  return Buffer.from([21, 3, 3, 0, 2, 2, code]);
}
