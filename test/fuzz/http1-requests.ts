import fc from 'fast-check';

/** Mostly the first, now and then one of the others. */
function mostly<T>(usual: T, ...odd: T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 40, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
}

const lineEnd = mostly('\r\n', '\n', '\r', '\r\r\n', '\n\n', '', ' \r\n');
const version = mostly(
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.10',
  'HTTP/1',
  '',
);
const space = mostly(' ', '  ', '\t', '');
const method = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH') },
  { weight: 1, arbitrary: fc.constantFrom('CONNECT', 'TRACE', 'BREW', 'get', 'G(T', '', 'SOURCE', 'M-SEARCH', 'PRI') },
);
const target = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('/', '/a?b=c', '/a%20b', '/x;y', '/.well-known/x') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*',
      'http://b/c?d',
      'https://b',
      'ftp://b/',
      'a',
      'a:443',
      '/a#b',
      '/\xe9',
      '/"<>|^`{}\\',
      '/%zz',
      '/../x',
      '//x',
      'http://u@b/',
      '/\0',
      '/\x7f',
      '/?#',
      'http:',
      '?',
    ),
  },
);
const host = mostly(
  'Host: a',
  'host:a:80',
  'Host: [::1]',
  'Host: a,b',
  'Host:',
  'Host: a\r\nHost: b',
  'X: no host',
  'Host: a/b',
  'Host : a',
);
const oddLines: readonly string[] = [
  ...['X: \xe9\x80', 'X:', 'X:\t y \t', 'X', ': y', ' X: y', 'X : y', 'X: y\r\n z', 'X: \0', 'X: \x7f', 'X: \x01'],
  ...['X: a\rb', 'X_y: z', '\xe9: y', 'X(: y', "!#$%&'*+-.^_`|~: y", 'Upgrade: websocket', 'Proxy-Connection: close'],
  'Trailer: x',
];
const lengths = ['0', '3', '03', '+3', '3,3', '3 ', '3 3', '', '99999999999999999999', '0x3'];
const codings = [
  ...['chunked', 'Chunked ', 'gzip', 'gzip, chunked', 'chunked, gzip', 'identity', 'chunked,chunked', 'xchunked', ''],
  ...[',chunked', '"chunked"', 'chunked;a', '\x0bchunked', 'chunked\xa0'],
];
// Not among them: upgrade beside an Upgrade field, behind which Node's server reads nothing more.
const options = ['close', 'keep-alive', 'x, close', 'keep-alive, close'];
const expectations = ['100-continue', 'x', '100-Continue', '100-continue, x'];
const oddFields: readonly string[] = [
  ...oddLines,
  ...lengths.map((value) => `Content-Length: ${value}`),
  ...codings.map((value) => `Transfer-Encoding: ${value}`),
  ...options.map((value) => `Connection: ${value}`),
  ...expectations.map((value) => `Expect: ${value}`),
];
const field = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('Accept: */*', 'User-Agent: x', 'Cookie: a=b; c=d') },
  { weight: 1, arbitrary: fc.constantFrom(...oddFields) },
);
const chunkSize = mostly('', '0', '00000000000000', ' ', '0x', '-', '+', '1');
const extension = mostly(
  '',
  ';a',
  ';a=b',
  ';a="b c"',
  ';',
  ' ;a',
  ';a=\x01',
  ';a\n',
  ' ',
  ';\xe9',
  ';a;b',
  ';=',
  ';a="b',
);
const chunk = fc
  .tuple(
    chunkSize,
    fc.constantFrom('x', 'hello', 'GET / HTTP/1.1\r\n\r\n', '0123456789abcdef'),
    extension,
    lineEnd,
    lineEnd,
  )
  .map(([zeros, data, text, end, dataEnd]) => `${zeros}${data.length.toString(16)}${text}${end}${data}${dataEnd}`);
const trailers = fc.array(fc.tuple(fc.oneof(fc.constant('X-T: 1'), field), lineEnd), { maxLength: 2 });
const body = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ fields: [] as string[], text: '' }) },
  { weight: 3, arbitrary: mostly('hello', '').map((text) => ({ fields: ['Content-Length: 5'], text })) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.array(chunk, { maxLength: 3 }), mostly('0', '00', '0;a', ''), lineEnd, trailers, lineEnd)
      .map(([chunks, last, lastEnd, fields, end]) => ({
        fields: ['Transfer-Encoding: chunked'],
        text: chunks.join('') + last + lastEnd + fields.map((line) => line.join('')).join('') + end,
      })),
  },
  { weight: 1, arbitrary: fc.constantFrom('hello', '5\r\nhello\r\n0\r\n\r\n').map((text) => ({ fields: [], text })) },
);

const request = fc
  .record({
    before: mostly('', '\r\n', '\n', '\r', ' '),
    line: fc.tuple(method, space, target, space, version, lineEnd),
    fields: fc.array(field, { maxLength: 3 }),
    host,
    body,
    ends: fc.array(lineEnd, { minLength: 6, maxLength: 6 }),
    end: lineEnd,
  })
  .map(({ before, line, fields, host, body, ends, end }) => {
    const lines = [host, ...fields, ...body.fields].map((text, index) => text + (ends[index] ?? '\r\n'));
    return before + line.join('') + lines.join('') + end + body.text;
  });

const edit = fc.tuple(
  fc.nat(),
  fc.constantFrom('insert', 'replace', 'remove'),
  fc.oneof(
    fc.constantFrom(...'\0\t\n\r ,:;0fF\x7f\xff/%#*'),
    fc.nat(255).map((code) => String.fromCharCode(code)),
  ),
);

/** What a client may send, as latin-1: one to three requests, most of them nearly right. */
export const requestTexts: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(request, { minLength: 1, maxLength: 3 }),
    fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(edit, { maxLength: 2 }) }),
  )
  .map(([requests, edits]) => edits.reduce(edited, requests.join('')));

function edited(text: string, [where, kind, character]: [number, string, string]): string {
  const at = where % (text.length + 1);
  return text.slice(0, at) + (kind === 'remove' ? '' : character) + text.slice(kind === 'insert' ? at : at + 1);
}
