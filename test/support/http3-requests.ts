// Run by Bun: requests over one HTTP/3 connection, one after the other. `bun http3-requests.ts PORT NAME REQUESTS`; writes what came of them.
import type { QuicStream } from 'node:quic';
import type { Http3Answer, Http3Request } from './http3-client.ts';

const [port = '', servername = '', requests = '[]'] = process.argv.slice(2);
const { connect } = await import('node:quic');
const session = await connect(`127.0.0.1:${port}`, { servername, verifyPeer: 'manual' });
session.onerror = () => {};
session.closed.catch(() => {});
await session.opened;
const certificate = session.peerCertificate?.fingerprint256;
const answers: Http3Answer[] = [];
for (const request of JSON.parse(requests) as Http3Request[]) answers.push(await ask(request));
process.stdout.write(JSON.stringify({ certificate, answers }));
// What was sent last is to arrive.
await Promise.race([session.close().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 500))]);
process.exit();

async function ask({ headers, size, leavesAfter }: Http3Request): Promise<Http3Answer> {
  const seen: { -readonly [Key in keyof Http3Answer]?: Http3Answer[Key] } = {};
  const all = { ':method': 'GET', ':scheme': 'https', ':authority': servername, ':path': '/', ...headers };
  const asked = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)) as Record<string, string>;
  let body = '';
  let length = 0;
  let error: string | undefined;
  try {
    const stream = (await session.createBidirectionalStream({
      headers: asked,
      ...(size !== undefined && { body: new Uint8Array(size).fill(97) }),
      onheaders: (fields) => {
        seen.status = String(fields[':status']);
        seen.headers = fields as Http3Answer['headers'];
      },
      oninfo: (fields) => {
        seen.interim = [...(seen.interim ?? []), `${fields[':status']} ${fields['link']}`];
      },
      ontrailers: (fields) => {
        seen.trailers = fields as Http3Answer['trailers'];
      },
    })) as QuicStream & { resetStream(code: bigint): void; stopSending(code: bigint): void };
    const closed = stream.closed.catch(() => {});
    for await (const pieces of stream) {
      for (const piece of pieces) {
        length += piece.length;
        if (body.length < 1_000) body += Buffer.from(piece).toString('latin1');
      }
      if (leavesAfter !== undefined && length >= leavesAfter) {
        stream.resetStream(0x10cn);
        stream.stopSending(0x10cn);
        break;
      }
    }
    await closed;
  } catch (failure) {
    error = (failure as Error).message;
  }
  return { ...seen, body, length, error };
}
