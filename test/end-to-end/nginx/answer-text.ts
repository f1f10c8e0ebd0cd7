/** One answer, its framing undone. Strings are latin-1. */
export interface WireAnswer {
  readonly version: string;
  readonly status: number;
  /** Lower-case names with their values, in the order of the names. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Its end is told by the answer, not by the end of the connection. */
  readonly isFramed: boolean;
}

/** The answers in all that came over a connection, one for each method; interim ones count too. Throws for what is no answer. */
export function answersIn(text: string, methods: readonly string[]): WireAnswer[] {
  const answers: WireAnswer[] = [];
  let at = 0;
  let final = 0;
  while (at < text.length) {
    const end = text.indexOf('\r\n\r\n', at);
    const head = /^HTTP\/(1\.\d) (\d{3})[^\r]*((?:\r\n[^\r]*)*)$/.exec(text.slice(at, end < 0 ? undefined : end));
    if (!head || end < 0) {
      // HTTP/0.9 has no head.
      answers.push({ version: '0.9', status: 0, fields: [], body: text.slice(at), isFramed: false });
      break;
    }
    const [, version = '', statusText, lines = ''] = head;
    const status = Number(statusText);
    const fields = lines
      .split('\r\n')
      .slice(1)
      .map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      })
      .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : 1));
    const isBodiless = status < 200 || status === 204 || status === 304 || methods[final] === 'HEAD';
    const map = new Map(fields);
    const { body, next } = bodyAt(text, end + 4, map, isBodiless);
    const isFramed = isBodiless || map.has('content-length') || map.has('transfer-encoding');
    answers.push({ version, status, fields, body, isFramed });
    at = next;
    if (status >= 200) final++;
  }
  return answers;
}

function bodyAt(
  text: string,
  from: number,
  fields: ReadonlyMap<string, string>,
  isBodiless: boolean,
): { readonly body: string; readonly next: number } {
  if (isBodiless) return { body: '', next: from };
  if (fields.get('transfer-encoding') === 'chunked') return chunksAt(text, from);
  const length = fields.get('content-length');
  const next = length === undefined ? text.length : from + Number(length);
  if (next > text.length) throw new Error(`The body is shorter than ${length}: ${JSON.stringify(text.slice(0, 500))}`);
  return { body: text.slice(from, next), next };
}

function chunksAt(text: string, from: number): { readonly body: string; readonly next: number } {
  let body = '';
  for (let at = from; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error(`No chunk: ${JSON.stringify(text.slice(at, at + 100))}`);
    if (size === 0) {
      const trailerEnd = text.indexOf('\r\n\r\n', lineEnd);
      const trailers = text.slice(lineEnd + 2, trailerEnd < lineEnd + 2 ? lineEnd + 2 : trailerEnd);
      return { body: trailers === '' ? body : `${body}[trailers] ${trailers}`, next: trailerEnd + 4 };
    }
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 4 + size;
  }
}
