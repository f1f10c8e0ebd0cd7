import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { ocspLimits } from '../../core/limits.ts';

/** Sends an OCSP request by POST (RFC 6960 appendix A). Rejects with an Error that says why there is no answer. */
export function askResponder(responder: string, question: Uint8Array, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const url = URL.parse(responder);
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
      reject(new Error(`"${responder}" is no URL of HTTP`));
      return;
    }
    const request = (url.protocol === 'https:' ? requestTls : requestPlain)(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/ocsp-request', 'content-length': question.length },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ocspLimits.timeoutMs)]),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      response.on('error', reject);
      if (response.statusCode !== 200) {
        request.destroy(new Error(`the responder answers with status ${response.statusCode}`));
        return;
      }
      const pieces: Buffer[] = [];
      let size = 0;
      response.on('data', (piece: Buffer) => {
        size += piece.length;
        pieces.push(piece);
        if (size > ocspLimits.maxResponseSize) {
          request.destroy(new Error(`the answer has more than ${ocspLimits.maxResponseSize} bytes`));
        }
      });
      response.on('end', () => resolve(Buffer.concat(pieces)));
    });
    request.end(question);
  });
}
