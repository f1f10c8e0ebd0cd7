import type { ConnectionFacts } from '../../core/exchange.ts';
import type { TlsFacts } from '../../core/tls-facts.ts';

const fields: WeakMap<ConnectionFacts, Buffer> = new WeakMap();

const bytesCode = 0x73;
/** Of a client's certificates in PEM, so that no request is too long for a frame; the first is always sent. */
const mostChainSize = 64 * 1024;

const versionNumbers: Readonly<Record<string, number>> = {
  TLSv1: 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
  'TLSv1.3': 0x0304,
};

/** The connection field of a REQUEST head (frame.md), marshalled; made once per client connection. */
export function connectionField(facts: ConnectionFacts): Buffer {
  let field = fields.get(facts);
  if (!field) {
    const { scheme, client, server, tls } = facts;
    const parts = [scheme, client.address, client.port, server.address, server.port];
    if (tls) parts.push(...tlsParts(tls));
    const text = Buffer.from(parts.join('\0'));
    field = Buffer.concat([Buffer.from([bytesCode, 0, 0, 0, 0]), text]);
    field.writeUInt32LE(text.length, 1);
    fields.set(facts, field);
  }
  return field;
}

function tlsParts({ version, cipherNumber, clientVerify, client }: TlsFacts): readonly (string | number)[] {
  const error = clientVerify.startsWith('FAILED:') ? clientVerify.slice('FAILED:'.length) : '';
  return [
    versionNumbers[version] ?? 0,
    cipherNumber ?? 0,
    error,
    client?.subject ?? '',
    chainText(client?.chain ?? []),
  ];
}

function chainText([first = '', ...others]: readonly string[]): string {
  let text = first;
  for (const each of others) {
    if (text.length + each.length > mostChainSize) break;
    text += each;
  }
  return text;
}
