import { ProtocolError } from '../../core/errors.ts';
import type { Peer } from '../../core/exchange.ts';
import { addressText, parseAddress } from '../../http/network.ts';
import { fixedSize, signature } from './signature.ts';

/** The two ends of the connection that a proxy has taken. */
export interface ToldPeers {
  readonly client: Peer;
  readonly server: Peer;
}

export interface ProxyProtocolHeader {
  /** Undefined where it tells of no TCP connection: a check by the proxy itself, a Unix socket. */
  readonly told: ToldPeers | undefined;
  /** What came behind it. */
  readonly rest: Buffer | undefined;
}

const mostTextSize = 107; // of version 1, its end of line with it
const mostLength = 4096; // addresses and what else version 2 says; HAProxy 2 KiB
const textStart = Buffer.from('PROXY ', 'latin1');
const textLine = /^PROXY TCP([46]) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})\r\n$/;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Reads the header of the PROXY protocol, version 1 or 2, that stands before all else of a connection. Throws ProtocolError
 * `proxy-protocol` for anything else, and the same error again on any further use.
 */
export class ProxyProtocolReader {
  #kept: Buffer | undefined;
  #failure: unknown;

  /** Bytes of a header that is not complete. */
  get buffered(): number {
    return this.#kept?.length ?? 0;
  }

  /** Gives the header once it is complete; nothing may be received after it. */
  receive(chunk: Buffer): ProxyProtocolHeader | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const bytes = this.#kept ? Buffer.concat([this.#kept, chunk]) : chunk;
    try {
      const header = readHeader(bytes);
      this.#kept = header ? undefined : bytes;
      return header;
    } catch (error) {
      this.#kept = undefined;
      this.#failure = error;
      throw error;
    }
  }

  /** The peer ended its side. Throws within a header. */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#kept) throw this.#refuse('the connection ended inside it');
  }

  #refuse(reason: string): ProtocolError {
    const failure = refusal(reason);
    this.#failure = failure;
    return failure;
  }
}

function readHeader(bytes: Buffer): ProxyProtocolHeader | undefined {
  if (startsLike(bytes, signature)) return bytes.length < fixedSize ? undefined : readBinary(bytes);
  if (startsLike(bytes, textStart)) return readText(bytes);
  throw refusal(`it begins with ${JSON.stringify(bytes.toString('latin1', 0, 16))}`);
}

/** Whether all bytes that there are, are those of `start`, as far as it goes. */
function startsLike(bytes: Buffer, start: Buffer): boolean {
  const size = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, size, 0, size) === 0;
}

function readText(bytes: Buffer): ProxyProtocolHeader | undefined {
  const end = bytes.subarray(0, mostTextSize).indexOf(LF) + 1;
  if (end === 0) {
    if (bytes.length >= mostTextSize) throw refusal(`it has no end within ${mostTextSize} bytes`);
    return undefined;
  }
  if (bytes[end - 2] !== CR) throw refusal('its line does not end with CR LF');
  return { told: readLine(bytes.toString('latin1', 0, end)), rest: behind(bytes, end) };
}

function readLine(line: string): ToldPeers | undefined {
  if (/^PROXY UNKNOWN[ \r]/.test(line)) return undefined;
  const [, family, from = '', to = '', fromPort, toPort] = textLine.exec(line) ?? [];
  const size = family === '4' ? 4 : 16;
  const isValid = [from, to].every((text) => !text.includes('%') && parseAddress(text)?.length === size);
  const client = { address: from, port: Number(fromPort) };
  const server = { address: to, port: Number(toPort) };
  if (!isValid || !(client.port <= 65_535) || !(server.port <= 65_535)) {
    throw refusal(`its line is ${JSON.stringify(line.trimEnd())}`);
  }
  return { client, server };
}

function readBinary(bytes: Buffer): ProxyProtocolHeader | undefined {
  const command = bytes.readUInt8(12);
  const length = bytes.readUInt16BE(14);
  if (command !== 0x20 && command !== 0x21) throw refusal('its version or its command is unknown');
  if (length > mostLength) throw refusal(`it has ${length} bytes`);
  const end = fixedSize + length;
  const family = bytes.readUInt8(13);
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  const isTold = command === 0x21 && size > 0;
  if (isTold && length < 2 * size + 4) throw refusal('its addresses are not complete');
  if (bytes.length < end) return undefined;
  return { told: isTold ? readAddresses(bytes, size) : undefined, rest: behind(bytes, end) };
}

function readAddresses(bytes: Buffer, size: number): ToldPeers {
  const to = fixedSize + size;
  const ports = to + size;
  return {
    client: { address: addressText(bytes.subarray(fixedSize, to)), port: bytes.readUInt16BE(ports) },
    server: { address: addressText(bytes.subarray(to, ports)), port: bytes.readUInt16BE(ports + 2) },
  };
}

function behind(bytes: Buffer, at: number): Buffer | undefined {
  return at < bytes.length ? bytes.subarray(at) : undefined;
}

function refusal(reason: string): ProtocolError {
  return new ProtocolError('proxy-protocol', `Cannot read the header of the PROXY protocol: ${reason}`);
}
