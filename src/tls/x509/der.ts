import * as asn1js from 'asn1js';

/** A value of ASN.1, as those that have it for their content take it. */
export type DerValue = asn1js.BaseBlock;

export function sequence(...value: readonly DerValue[]): DerValue {
  return new asn1js.Sequence({ value: [...value] });
}

export function setOf(...value: readonly DerValue[]): DerValue {
  return new asn1js.Set({ value: [...value] });
}

export function objectIdentifier(value: string): DerValue {
  return new asn1js.ObjectIdentifier({ value });
}

export function integer(value: number): DerValue {
  return new asn1js.Integer({ value });
}

/** A number that is not negative, by its bytes, the highest first. */
export function unsignedInteger(bytes: Uint8Array): DerValue {
  const valueHex = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : Buffer.from(bytes);
  return new asn1js.Integer({ valueHex });
}

export function trueValue(): DerValue {
  return new asn1js.Boolean({ value: true });
}

export function nullValue(): DerValue {
  return new asn1js.Null();
}

export function utf8Text(value: string): DerValue {
  return new asn1js.Utf8String({ value });
}

export function octets(bytes: Uint8Array): DerValue {
  return new asn1js.OctetString({ valueHex: Buffer.from(bytes) });
}

export function bits(bytes: Uint8Array, unusedBits = 0): DerValue {
  return new asn1js.BitString({ valueHex: Buffer.from(bytes), unusedBits });
}

/** RFC 5280 §4.1.2.5: years from 2050 have four digits. */
export function time(date: Date): DerValue {
  const whole = new Date(Math.floor(date.getTime() / 1000) * 1000);
  if (whole.getUTCFullYear() < 2050) return new asn1js.UTCTime({ valueDate: whole });
  return new asn1js.GeneralizedTime({ valueDate: whole });
}

/** `[number]` around other values. */
export function tagged(tagNumber: number, ...value: readonly DerValue[]): DerValue {
  return new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [...value] });
}

/** `[number]` in place of the tag of a value that has only bytes. */
export function taggedBytes(tagNumber: number, bytes: Uint8Array): DerValue {
  return new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: Buffer.from(bytes) });
}

export function encode(value: DerValue): Buffer {
  return Buffer.from(value.toBER());
}

/** Throws an Error for bytes that are not one value. */
export function decode(bytes: Uint8Array): DerValue {
  const { offset, result } = asn1js.fromBER(bytes);
  if (offset !== bytes.length) throw new Error('This is not one value in DER');
  return result;
}

/** The values within a value; none where it has only bytes. */
export function valuesOf(value: DerValue | undefined): readonly DerValue[] {
  return value instanceof asn1js.Constructed ? value.valueBlock.value : [];
}

/** The bytes within a value that has no others within. */
export function bytesOf(value: DerValue | undefined): Buffer {
  if (!value) return Buffer.alloc(0);
  return Buffer.from(value.valueBeforeDecodeView).subarray(value.idBlock.blockLength + value.lenBlock.blockLength);
}

export function hasTag(value: DerValue | undefined, tagNumber: number): boolean {
  return value?.idBlock.tagClass === 3 && value.idBlock.tagNumber === tagNumber;
}
