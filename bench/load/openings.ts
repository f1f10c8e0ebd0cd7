/** The headers that a browser sends: a server keeps them in an open connection's scope. */
const browserHeaders = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Origin: http://127.0.0.1',
  'Cookie: session=eyJ1c2VyIjo0MiwiY2FydCI6WzEsMiwzXX0.aR3xkw.k8mTn2Wc4QzV7yLb; csrftoken=Zt5pQ9rJ2sXv; theme=dark',
  'Cache-Control: no-cache',
].join('\r\n');

/** Connections that last longer than one answer. */
export type LongProtocol = 'websocket' | 'event-stream';

/** How a long connection begins: what the client sends, and how the answer to it has to begin. */
export const openings: Readonly<Record<LongProtocol, { readonly request: string; readonly answer: string }>> = {
  // Without permessage-deflate, so that no server compresses.
  websocket: {
    request: `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${browserHeaders}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    answer: 'HTTP/1.1 101 ',
  },
  'event-stream': {
    request: `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${browserHeaders}\r\nConnection: keep-alive\r\nAccept: text/event-stream\r\n\r\n`,
    answer: 'HTTP/1.1 200 ',
  },
};
