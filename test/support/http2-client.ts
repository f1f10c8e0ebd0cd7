import { type ClientHttp2Session, type ClientHttp2Stream, connect, type SecureClientSessionOptions } from 'node:http2';

/** What came of a request. */
export interface Http2Answer {
  readonly stream: ClientHttp2Stream;
  /** 0 where none came. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Latin-1. */
  readonly body: string;
  readonly trailers: Readonly<Record<string, string>>;
  /** Statuses of interim answers. */
  readonly interim: number[];
  /** The code that the stream was closed with. */
  readonly code: number;
}

/** A client of HTTP/2 over one connection. */
export class Http2Client {
  readonly session: ClientHttp2Session;
  /** GOAWAY frames: their codes and last streams. */
  readonly goaways: [code: number, lastStream: number][] = [];
  closed = false;

  constructor(port: number, options: SecureClientSessionOptions = {}) {
    this.session = connect(`http://127.0.0.1:${port}`, options);
    this.session.on('error', () => {});
    this.session.on('goaway', (code: number, lastStream: number) => this.goaways.push([code, lastStream]));
    this.session.on('close', () => {
      this.closed = true;
    });
  }

  /** Begins a request; `end` says that it has no body. */
  open(fields: Record<string, string> = {}, end = true): ClientHttp2Stream {
    const stream = this.session.request({ ':path': '/', ...fields }, { endStream: end });
    stream.on('error', () => {});
    return stream;
  }

  /** Sends a request with that body and waits for all that comes of it. */
  async fetch(path: string, fields: Record<string, string> = {}, body?: string): Promise<Http2Answer> {
    const stream = this.open({ ':path': path, ...fields }, body === undefined);
    if (body !== undefined) stream.end(body, 'latin1');
    return await answerOf(stream);
  }

  destroy(): void {
    this.session.destroy();
  }
}

/** All that comes on a stream until it is closed. */
export function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  let headers: Record<string, string> = {};
  let trailers: Record<string, string> = {};
  const interim: number[] = [];
  const pieces: Buffer[] = [];
  stream.on('error', () => {});
  stream.on('headers', (fields) => interim.push(Number(fields[':status'])));
  stream.on('response', (fields) => {
    headers = { ...(fields as Record<string, string>) };
  });
  stream.on('trailers', (fields) => {
    trailers = { ...(fields as Record<string, string>) };
  });
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve) => {
    stream.on('close', () => {
      const body = Buffer.concat(pieces).toString('latin1');
      const status = Number(headers[':status'] ?? 0);
      resolve({ stream, status, headers, body, trailers, interim, code: stream.rstCode });
    });
  });
}
