import { bytesOf, type DerValue, valuesOf } from '../x509/der.ts';

interface Attribute {
  /** OpenSSL's short name, or the identifier in numbers. */
  readonly type: string;
  readonly isKnown: boolean;
  readonly value: DerValue;
}

/** OpenSSL's short names of what stands in names. */
const shortNames: Readonly<Record<string, string>> = {
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.3': 'mail',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '1.2.840.113549.1.9.2': 'unstructuredName',
  '1.2.840.113549.1.9.8': 'unstructuredAddress',
  '1.3.6.1.4.1.311.60.2.1.1': 'jurisdictionL',
  '1.3.6.1.4.1.311.60.2.1.2': 'jurisdictionST',
  '1.3.6.1.4.1.311.60.2.1.3': 'jurisdictionC',
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.13': 'description',
  '2.5.4.15': 'businessCategory',
  '2.5.4.16': 'postalAddress',
  '2.5.4.17': 'postalCode',
  '2.5.4.18': 'postOfficeBox',
  '2.5.4.20': 'telephoneNumber',
  '2.5.4.41': 'name',
  '2.5.4.42': 'GN',
  '2.5.4.43': 'initials',
  '2.5.4.44': 'generationQualifier',
  '2.5.4.45': 'x500UniqueIdentifier',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.65': 'pseudonym',
  '2.5.4.72': 'role',
  '2.5.4.97': 'organizationIdentifier',
};

/** Bytes of a character by the tag of a string: 0 for UTF-8. Others are written as bytes. */
const widths: Readonly<Record<number, 0 | 1 | 2 | 4>> = {
  12: 0,
  18: 1,
  19: 1,
  20: 1,
  22: 1,
  23: 1,
  24: 1,
  26: 1,
  28: 4,
  30: 2,
};

/** A name as OpenSSL writes it with XN_FLAG_RFC2253: the last attribute first, what is not ASCII escaped byte by byte. */
export function rfc2253Name(name: DerValue | undefined): string {
  return setsOf(name)
    .toReversed()
    .map((set) =>
      set
        .toReversed()
        .map(({ type, isKnown, value }) => `${type}=${isKnown ? escapedValue(value) : dumped(value)}`)
        .join('+'),
    )
    .join(',');
}

/** A name as OpenSSL's X509_NAME_oneline writes it: `/C=DE/CN=name`. */
export function legacyName(name: DerValue | undefined): string {
  return setsOf(name)
    .map((set) => `/${set.map(({ type, value }) => `${type}=${oneLineValue(value)}`).join('+')}`)
    .join('');
}

/** The attributes of each RelativeDistinguishedName. */
function setsOf(name: DerValue | undefined): readonly (readonly Attribute[])[] {
  return valuesOf(name).map((set) =>
    valuesOf(set).flatMap((attribute) => {
      const [type, value] = valuesOf(attribute);
      if (!type || !value) return [];
      const id = numbers(bytesOf(type));
      const short = shortNames[id];
      return [{ type: short ?? id, isKnown: short !== undefined, value }];
    }),
  );
}

function numbers(bytes: Buffer): string {
  const parts: bigint[] = [];
  let part = 0n;
  for (const byte of bytes) {
    part = part * 128n + BigInt(byte & 0x7f);
    if (byte & 0x80) continue;
    if (parts.length === 0) {
      const first = part < 80n ? part / 40n : 2n;
      parts.push(first, part - first * 40n);
    } else {
      parts.push(part);
    }
    part = 0n;
  }
  return parts.join('.');
}

function dumped(value: DerValue): string {
  return `#${Buffer.from(value.valueBeforeDecodeView).toString('hex').toUpperCase()}`;
}

function escapedValue(value: DerValue): string {
  const { tagClass, tagNumber } = value.idBlock;
  const width = tagClass === 1 ? widths[tagNumber] : undefined;
  if (width === undefined) return dumped(value);
  const bytes = utf8(bytesOf(value), width);
  let text = '';
  for (const [index, byte] of bytes.entries()) {
    const character = String.fromCharCode(byte);
    const isLast = index === bytes.length - 1;
    const isEdge = (byte === 0x20 && (index === 0 || isLast)) || (byte === 0x23 && index === 0 && !isLast);
    if (byte < 0x20 || byte >= 0x7f) text += `\\${hex(byte)}`;
    else text += isEdge || ',+"\\<>;'.includes(character) ? `\\${character}` : character;
  }
  return text;
}

function utf8(bytes: Buffer, width: 0 | 1 | 2 | 4): Buffer {
  if (width === 0) return bytes;
  if (width === 1) return Buffer.from(bytes.toString('latin1'));
  let text = '';
  for (let at = 0; at + width <= bytes.length; at += width) {
    const code = bytes.readUIntBE(at, width);
    text += String.fromCodePoint(code > 0x10ffff ? 0xfffd : code);
  }
  return Buffer.from(text);
}

function oneLineValue(value: DerValue): string {
  let text = '';
  const isBits = value.idBlock.tagClass === 1 && value.idBlock.tagNumber === 3;
  for (const byte of bytesOf(value).subarray(isBits ? 1 : 0)) {
    if (byte < 0x20 || byte > 0x7e) text += `\\x${hex(byte)}`;
    else text += byte === 0x2f || byte === 0x2b ? `\\${String.fromCharCode(byte)}` : String.fromCharCode(byte);
  }
  return text;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase();
}
