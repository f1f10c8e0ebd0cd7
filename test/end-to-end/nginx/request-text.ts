/** A request as bytes, latin-1. */
export interface WireRequest {
  readonly bytes: string;
  /** Of the last request in them: an answer to HEAD has no body. */
  readonly methods: readonly string[];
}

/**
 * The request that a line of a table stands for: `[METHOD] TARGET [HTTP/1.0] | Name: value | … || body`. Host, `Connection: close` and
 * `Content-Length` are added where they are not named; `-Host` leaves it out. `raw:` stands before bytes that are sent as they are.
 */
export function requestOf(line: string): WireRequest {
  if (line.startsWith('raw:')) {
    const bytes = line.slice(4);
    const methods = [...bytes.matchAll(/(?:^|\n)([A-Z]+) \S* HTTP\/1\.\d/g)].map(([, method]) => method as string);
    return { bytes, methods };
  }
  const [head = '', body] = line.split(' || ');
  const [requestLine = '', ...fields] = head.split(' | ');
  const {
    method = 'GET',
    target,
    version = 'HTTP/1.1',
  } = /^(?:(?<method>[A-Za-z]+) )?(?<target>\S+)(?: (?<version>HTTP\/\d\.\d))?$/.exec(requestLine)?.groups ?? {};
  const has = (name: string): boolean => fields.some((field) => field.toLowerCase().startsWith(name));
  const added = [
    has('host:') || has('-host') ? [] : ['Host: localhost'],
    has('connection:') ? [] : ['Connection: close'],
    body === undefined || has('content-length:') || has('transfer-encoding:') ? [] : [`Content-Length: ${body.length}`],
  ].flat();
  const lines = [`${method} ${target} ${version}`, ...added, ...fields.filter((field) => field !== '-Host')];
  return { bytes: `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`, methods: [method] };
}
