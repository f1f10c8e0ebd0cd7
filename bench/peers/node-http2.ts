// What node:http2 takes for an answer when nothing else is done: PORT, and FOLDER where it is to speak TLS with the certificate there.
import { readFileSync } from 'node:fs';
import { createSecureServer, createServer, type ServerHttp2Stream } from 'node:http2';

const [port, folder] = process.argv.slice(2);
const answer = Buffer.from('Hello, world!');
const headers = { ':status': 200, 'content-type': 'text/plain', 'content-length': answer.length };
const file = (name: string): Buffer => readFileSync(`${folder}/${name}`);

const server =
  folder === undefined ? createServer() : createSecureServer({ cert: file('site.crt'), key: file('site.key') });
server.on('stream', (stream: ServerHttp2Stream) => {
  stream.respond(headers);
  stream.end(answer);
});
server.listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => process.exit());
