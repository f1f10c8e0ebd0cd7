/** Reads one HTTP/1.1 answer to a GET or a POST from the bytes of a connection, given as latin1 text. */
export class AnswerReader {
  #text = '';
  #hasHead = false;
  /** Where the next part of the body begins in what was received. */
  #at = 0;
  /** Bytes of the body; 'chunked', or up to the end of the connection. */
  #framing: number | 'chunked' | 'close' = 'close';
  status = 0;
  body = '';
  isComplete = false;
  /** The connection takes no further request. */
  closes = false;

  /** Whether any byte came. */
  get hasBegun(): boolean {
    return this.#text !== '';
  }

  /** Throws where it is not HTTP, or more than one answer. */
  add(text: string): void {
    this.#text += text;
    if (!this.#hasHead) this.#readHead();
    if (this.#hasHead) this.#readBody();
  }

  /** The connection has ended. */
  end(): void {
    if (this.#hasHead && this.#framing === 'close') this.isComplete = true;
  }

  #readHead(): void {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [statusLine = '', ...fields] = this.#text.slice(0, end).split('\r\n');
    const [, minor, status] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(statusLine) ?? this.#malformed('no status line');
    this.#at = end + 4;
    if (status?.startsWith('1')) {
      this.#text = this.#text.slice(this.#at);
      this.#readHead();
      return;
    }
    const headers = new Map(
      fields.map((field) => {
        const colon = field.indexOf(':');
        if (colon < 1) this.#malformed('a field without a name');
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
      }),
    );
    this.status = Number(status);
    this.#framing = this.#framingOf(headers);
    this.closes = minor === '0' || this.#framing === 'close' || /\bclose\b/i.test(headers.get('connection') ?? '');
    this.#hasHead = true;
  }

  #framingOf(headers: ReadonlyMap<string, string>): number | 'chunked' | 'close' {
    if (this.status === 204 || this.status === 304) return 0;
    if (headers.get('transfer-encoding') === 'chunked') return 'chunked';
    const length = headers.get('content-length');
    if (length === undefined) return 'close';
    return /^\d+$/.test(length) ? Number(length) : this.#malformed('a content-length that is no number');
  }

  #readBody(): void {
    if (this.#framing === 'chunked') {
      this.#readChunks();
    } else if (this.#framing === 'close') {
      this.body = this.#text.slice(this.#at);
    } else {
      const end = this.#at + this.#framing;
      this.body = this.#text.slice(this.#at, end);
      if (this.#text.length >= end) this.#complete(end);
    }
  }

  #readChunks(): void {
    for (;;) {
      const lineEnd = this.#text.indexOf('\r\n', this.#at);
      if (lineEnd < 0) return;
      const [, size = ''] =
        /^([\da-f]+)(?:;|$)/i.exec(this.#text.slice(this.#at, lineEnd)) ?? this.#malformed('no chunk size');
      const length = Number.parseInt(size, 16);
      const end = lineEnd + 2 + length + 2;
      if (this.#text.length < end) return;
      if (this.#text.slice(end - 2, end) !== '\r\n') this.#malformed('a chunk that does not end, or a trailer');
      if (length === 0) {
        this.#complete(end);
        return;
      }
      this.body += this.#text.slice(lineEnd + 2, end - 2);
      this.#at = end;
    }
  }

  #complete(end: number): void {
    if (this.#text.length > end) this.#malformed('more than one answer');
    this.isComplete = true;
  }

  #malformed(what: string): never {
    throw new Error(`${what} in ${JSON.stringify(this.#text.slice(0, 200))}`);
  }
}
