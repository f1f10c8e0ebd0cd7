import { type IncomingHttpHeaders, request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

export interface UploadAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Posts a body piece by piece, each as the client's socket takes it: chunked where `length` is undefined. */
export async function upload(
  url: string,
  contentType: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  length?: number,
): Promise<UploadAnswer> {
  const headers = { 'content-type': contentType, ...(length !== undefined && { 'content-length': length }) };
  const client = request(url, { method: 'POST', headers, agent: false });
  const answered = new Promise<UploadAnswer>((resolve, reject) => {
    client.on('error', reject);
    client.on('response', (response) => {
      const { statusCode = 0, headers } = response;
      text(response).then((body) => resolve({ status: statusCode, headers, text: body }), reject);
    });
  });
  client.flushHeaders();
  const sent = pipeline(Readable.from(pieces), client);
  const [answer] = await Promise.all([answered, sent]);
  return answer;
}
