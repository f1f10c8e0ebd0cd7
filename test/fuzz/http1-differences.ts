import type { Reading, ReadRequest } from './http1-readings.ts';

/** A way in which our codec and llhttp read the same bytes differently on purpose, and what settles it. */
export interface Difference {
  readonly what: string;
  readonly section: string;
  /**
   * `stricter`: ours refuses a request that theirs reads, with a code of `core/errors.ts`. `laxer`: theirs refuses one
   * that ours reads, with a code of llhttp's. `closed` where a side stops because the connection is to be closed.
   */
  readonly side: 'stricter' | 'laxer';
  readonly code: string;
  /** What the bytes, as latin-1, hold when this is the difference. */
  readonly input: RegExp;
  readonly example: string;
}

/** How two readings of the same bytes relate: the first place where they part, if they do. */
export interface Divergence {
  readonly side: 'stricter' | 'laxer' | 'contrary';
  readonly code: string;
}

const post = (fields: string, body: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;
const get = (target: string, fields = 'Host: a'): string => `GET ${target} HTTP/1.1\r\n${fields}\r\n\r\n`;
const chunked = (body: string): string => post('Transfer-Encoding: chunked', body);

const bareLineFeed = /(?<!\r)\n/;
const ignoredTrailer = /\r\n0+(;.*)?\r\n[\s\S]*(content-length|transfer-encoding|connection):/i;

export const differences: readonly Difference[] = [
  {
    what: 'the value of Host is checked, and there is one at most',
    section: 'RFC 9112 §3.2',
    side: 'stricter',
    code: 'host-header',
    input: /^host:/im,
    example: get('/', 'Host: a/b'),
  },
  {
    what: 'HTTP/1 is all that is spoken',
    section: 'RFC 9110 §15.6.6',
    side: 'stricter',
    code: 'http-version',
    input: / HTTP\/[02-9]\.\d/,
    example: 'GET / HTTP/2.0\r\nHost: a\r\n\r\n',
  },
  {
    what: 'TRACE is not offered',
    section: 'RFC 9110 §15.5.6',
    side: 'stricter',
    code: 'method-not-allowed',
    input: /TRACE /,
    example: 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  {
    what: 'the parts of a request line are one space apart',
    section: 'RFC 9112 §3',
    side: 'stricter',
    code: 'request-line',
    input: / {2}/,
    example: 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  {
    what: 'a request line has a version: HTTP/0.9 is gone',
    section: 'RFC 9112 §3',
    side: 'stricter',
    code: 'request-line',
    input: /^\S+ \S+ ?\r?$/m,
    example: 'GET /\r\nHost: a\r\n\r\n',
  },
  {
    what: 'only CRLF or LF makes an empty line before a request',
    section: 'RFC 9112 §2.2',
    side: 'stricter',
    code: 'request-line',
    input: /\r(?!\n)/,
    example: `\r${get('/')}`,
  },
  {
    what: 'only a few empty lines may stand before a request',
    section: 'RFC 9112 §2.2',
    side: 'stricter',
    code: 'request-line',
    input: /(\r?\n){5}/,
    example: `${'\r\n'.repeat(5)}${get('/')}`,
  },
  {
    what: 'a request target has no fragment',
    section: 'RFC 9112 §3.2',
    side: 'stricter',
    code: 'request-target',
    input: /#/,
    example: get('/a#b'),
  },
  {
    what: '* is for OPTIONS alone',
    section: 'RFC 9112 §3.2.4',
    side: 'stricter',
    code: 'request-target',
    input: / \*/,
    example: get('*'),
  },
  {
    what: 'an absolute target is an http URL with a valid host and without userinfo',
    section: 'RFC 9110 §4.2',
    side: 'stricter',
    code: 'request-target',
    input: / [a-z]+:\/\//i,
    example: get('http://u@a/'),
  },
  {
    what: 'a path does not climb above the root',
    section: 'RFC 3986 §5.2.4',
    side: 'stricter',
    code: 'request-target',
    input: /(\.|%2e){2}/i,
    example: get('/%2e%2e/x'),
  },
  {
    what: 'a percent sign in a path stands before two hexadecimal digits, and never before 00',
    section: 'RFC 3986 §2.1',
    side: 'stricter',
    code: 'request-target',
    input: /%(?![0-9a-f]{2})|%00/i,
    example: get('/%zz'),
  },
  {
    what: 'a target is bounded',
    section: 'RFC 9110 §15.5.15',
    side: 'stricter',
    code: 'target-too-long',
    input: /\S{8193}/,
    example: get(`/${'x'.repeat(8192)}`),
  },
  {
    what: 'the number of fields is bounded',
    section: 'RFC 6585 §5',
    side: 'stricter',
    code: 'header-too-large',
    input: /(.*:.*\r\n){101}/,
    example: get('/', `Host: a${'\r\nx:'.repeat(100)}`),
  },
  {
    what: '100-continue is the only expectation, and comes once',
    section: 'RFC 9110 §10.1.1',
    side: 'stricter',
    code: 'expectation-unknown',
    input: /expect:/i,
    example: post('Expect: 100-continue, x\r\nContent-Length: 0', ''),
  },
  {
    what: 'HTTP/1.0 has no transfer codings',
    section: 'RFC 9112 §6.1',
    side: 'stricter',
    code: 'transfer-encoding',
    input: /HTTP\/1\.0/,
    example: 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  },
  {
    what: 'chunked stands alone, in one Transfer-Encoding',
    section: 'RFC 9112 §6.3',
    side: 'stricter',
    code: 'transfer-encoding',
    input: /transfer-encoding:.*,|transfer-encoding:[\s\S]*transfer-encoding:/i,
    example: post('Transfer-Encoding: x\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  },
  {
    what: 'no other coding than chunked is implemented',
    section: 'RFC 9112 §6.1',
    side: 'stricter',
    code: 'transfer-coding-unknown',
    input: /transfer-encoding:.*(gzip|compress|deflate)/i,
    example: post('Transfer-Encoding: gzip, chunked', '0\r\n\r\n'),
  },
  {
    what: 'a chunk size has 16 digits at most',
    section: 'RFC 9112 §7.1',
    side: 'stricter',
    code: 'chunk-framing',
    input: /[0-9a-f]{17}/i,
    example: chunked('00000000000000001\r\nx\r\n0\r\n\r\n'),
  },
  {
    what: 'chunk extensions are bounded',
    section: 'RFC 9112 §7.1.1',
    side: 'stricter',
    code: 'chunk-framing',
    input: /;[^\r\n]{256}/,
    example: chunked(`1;${'x'.repeat(300)}\r\nx\r\n0\r\n\r\n`),
  },
  {
    what: 'close ends the connection even beside keep-alive',
    section: 'RFC 9112 §9.3',
    side: 'stricter',
    code: 'closed',
    input: /connection:.*close/i,
    example: `GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n${get('/')}`,
  },
  {
    what: 'Proxy-Connection means nothing',
    section: 'RFC 9112 Appendix C.2.2',
    side: 'laxer',
    code: 'closed',
    input: /proxy-connection:/i,
    example: `${get('/', 'Host: a\r\nProxy-Connection: close')}${get('/')}`,
  },
  {
    what: 'LF alone ends a field line',
    section: 'RFC 9112 §2.2',
    side: 'laxer',
    code: 'HPE_CR_EXPECTED',
    input: bareLineFeed,
    example: 'GET / HTTP/1.1\r\nHost: a\n\r\n',
  },
  {
    what: 'LF alone is an empty line',
    section: 'RFC 9112 §2.2',
    side: 'laxer',
    code: 'HPE_INVALID_HEADER_TOKEN',
    input: bareLineFeed,
    example: 'GET / HTTP/1.1\r\nHost: a\r\n\n',
  },
  {
    what: 'LF alone ends a request line',
    section: 'RFC 9112 §2.2',
    side: 'laxer',
    code: 'HPE_INVALID_VERSION',
    input: bareLineFeed,
    example: 'GET / HTTP/1.1\nHost: a\r\n\r\n',
  },
  {
    what: 'HTTP/1.x is read as HTTP/1.1',
    section: 'RFC 9110 §2.5',
    side: 'laxer',
    code: 'HPE_INVALID_VERSION',
    input: /HTTP\/1\.[2-9]/,
    example: 'GET / HTTP/1.2\r\nHost: a\r\n\r\n',
  },
  {
    what: 'PRI is a method like any other where no HTTP/2 begins',
    section: 'RFC 9110 §9.1',
    side: 'laxer',
    code: 'HPE_INVALID_VERSION',
    input: /PRI /,
    example: 'PRI / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  {
    what: 'a method is any token',
    section: 'RFC 9110 §9.1',
    side: 'laxer',
    code: 'HPE_INVALID_METHOD',
    input: /[!#$%&'*+\-.^_`|~\w]+ \S+ HTTP\/1\.\d/,
    example: 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  {
    what: 'Content-Length in a trailer section is dropped',
    section: 'RFC 9110 §6.5.1',
    side: 'laxer',
    code: 'HPE_INVALID_CONTENT_LENGTH',
    input: ignoredTrailer,
    example: chunked('0\r\nContent-Length: 5\r\n\r\n'),
  },
  {
    what: 'Transfer-Encoding in a trailer section is dropped',
    section: 'RFC 9110 §6.5.1',
    side: 'laxer',
    code: 'HPE_INVALID_TRANSFER_ENCODING',
    input: ignoredTrailer,
    example: chunked('0\r\nTransfer-Encoding: gzip\r\n\r\n'),
  },
  {
    what: 'Connection in a trailer section is dropped',
    section: 'RFC 9110 §6.5.1',
    side: 'laxer',
    code: 'closed',
    input: ignoredTrailer,
    example: `${chunked('0\r\nConnection: close\r\n\r\n')}${get('/')}`,
  },
  {
    what: 'a tab around a value is no part of it',
    section: 'RFC 9110 §5.5',
    side: 'laxer',
    code: 'HPE_INVALID_TRANSFER_ENCODING',
    input: /transfer-encoding:.*chunked[ \t]*\t/i,
    example: post('Transfer-Encoding: chunked\t', '0\r\n\r\n'),
  },
  {
    what: 'chunk extensions are ignored whatever they say, as long as they hold no control character',
    section: 'RFC 9112 §7.1.1',
    side: 'laxer',
    code: 'HPE_STRICT',
    input: /^[0-9a-f]+;/im,
    example: chunked('1;\r\nx\r\n0\r\n\r\n'),
  },
];

/** Where the two readings part; undefined where they agree. */
export function divergenceOf(ours: Reading, theirs: Reading): Divergence | undefined {
  const common = Math.min(ours.requests.length, theirs.requests.length);
  for (let index = 0; index < common; index++) {
    const [mine, other] = [ours.requests[index], theirs.requests[index]];
    if (!other || JSON.stringify(mine) !== JSON.stringify(inOurWords(other)))
      return { side: 'contrary', code: 'request' };
  }
  const oursEnds = ours.requests.length === common && ours.refusal !== undefined;
  const theirsEnds = theirs.requests.length === common && theirs.refusal !== undefined;
  if (oursEnds && !theirsEnds) return { side: 'stricter', code: ours.refusal };
  if (theirsEnds && !oursEnds) return { side: 'laxer', code: theirs.refusal };
  const alike = oursEnds || ours.requests.length === theirs.requests.length;
  return alike ? undefined : { side: 'contrary', code: 'silence' };
}

/** The row that allows a divergence for this input. */
export function explanationOf(divergence: Divergence, input: string): Difference | undefined {
  return differences.find(
    ({ side, code, input: pattern }) => side === divergence.side && code === divergence.code && pattern.test(input),
  );
}

/** RFC 9112 §3.2.2: ours gives an absolute URL as the path and Host that it stands for. */
function inOurWords(request: ReadRequest): ReadRequest {
  const { 1: authority, 2: rest = '' } = /^https?:\/\/([^/?]*)(.*)$/i.exec(request.target) ?? [];
  if (authority === undefined) return request;
  const asterisk = rest === '' && request.method === 'OPTIONS';
  const target = asterisk ? '*' : rest.startsWith('/') ? rest : `/${rest}`;
  const headers = request.headers.map(([name, value]) => [name, name === 'host' ? authority : value] as const);
  return {
    ...request,
    target,
    headers: headers.some(([name]) => name === 'host') ? headers : [...headers, ['host', authority]],
  };
}
