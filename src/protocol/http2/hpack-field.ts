/**
 * A field that an HPACK decoder has read or keeps in its table, in the form in which HeaderList keeps fields: so that a field that was said
 * before is one copy. What the table keeps stays as it is; any other one is valid until the next field is read.
 */
export interface HpackField {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** RFC 7541 §4.1: the lengths of name and value, and 32. */
  readonly size: number;
  /** See markOf in core/name-mark.ts. */
  readonly mark: number;
  /** What whoever reads fields has found out about this one, for the next time that the table gives it; 0 before. */
  kind: number;
}

/** Gets the fields of a section in their order. What it throws goes on to whoever called the decoder. */
export interface HpackSink {
  field(field: HpackField): void;
  /** A field that was left out, since it is longer than the decoder's `maxFieldSize`. What follows is read all the same. */
  tooLarge(): void;
}
