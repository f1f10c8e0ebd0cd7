import { type KeyObject, sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as asn1js from 'asn1js';
import {
  bits,
  type DerValue,
  decode,
  encode,
  objectIdentifier,
  octets,
  sequence,
  tagged,
  taggedBytes,
  valuesOf,
} from '../../src/tls/x509/der.ts';
import { signatureAlgorithm } from '../../src/tls/x509/signing.ts';

/** What a responder answers with. */
export interface OcspAnswerOptions {
  readonly status?: 'good' | 'revoked' | 'unknown';
  readonly from?: Date;
  readonly until?: Date | undefined;
  /** Who signs. */
  readonly key: KeyObject;
  /** PEM of certificates that are sent along. */
  readonly certificates?: readonly string[];
}

/** An OCSPResponse (RFC 6960 §4.2.1) to an OCSPRequest. */
export function ocspResponse(request: Uint8Array, options: OcspAnswerOptions): Buffer {
  const { status = 'good', from = new Date(), until, key, certificates = [] } = options;
  const [list] = valuesOf(valuesOf(decode(request))[0]);
  const [certificateId] = valuesOf(valuesOf(list)[0]);
  if (!certificateId) throw new Error('This is no OCSP request');
  const states = {
    good: taggedBytes(0, Buffer.alloc(0)),
    revoked: tagged(1, generalizedTime(from)),
    unknown: taggedBytes(2, Buffer.alloc(0)),
  };
  const single = sequence(
    certificateId,
    states[status],
    generalizedTime(from),
    ...(until ? [tagged(0, generalizedTime(until))] : []),
  );
  const data = sequence(tagged(2, octets(Buffer.alloc(20))), generalizedTime(from), sequence(single));
  const { hash, identifier } = signatureAlgorithm(key);
  const sent = certificates.map((certificate) => decode(new X509Certificate(certificate).raw));
  const basic = sequence(
    data,
    identifier,
    bits(sign(hash, encode(data), key)),
    ...(sent.length > 0 ? [tagged(0, sequence(...sent))] : []),
  );
  const basicId = objectIdentifier('1.3.6.1.5.5.7.48.1.1');
  return encode(sequence(new asn1js.Enumerated({ value: 0 }), tagged(0, sequence(basicId, octets(encode(basic))))));
}

/** An OCSPResponse that is nothing but an error (RFC 6960 §2.3). */
export function ocspError(status: number): Buffer {
  return encode(sequence(new asn1js.Enumerated({ value: status })));
}

/** A responder that answers as it is told to, on a port of its own. */
export class OcspResponder {
  readonly #server: Server;
  /** What to answer with; a number is a status of HTTP. */
  answer: (request: Buffer) => Buffer | number;
  requests = 0;

  private constructor(server: Server, answer: (request: Buffer) => Buffer | number) {
    this.#server = server;
    this.answer = answer;
  }

  static async start(answer: (request: Buffer) => Buffer | number): Promise<OcspResponder> {
    const server = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      responder.requests++;
      const given = responder.answer(Buffer.concat(pieces));
      if (typeof given === 'number') response.writeHead(given).end();
      else response.writeHead(200, { 'content-type': 'application/ocsp-response' }).end(given);
    });
    const responder = new OcspResponder(server, answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return responder;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ocsp`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function generalizedTime(date: Date): DerValue {
  return new asn1js.GeneralizedTime({ valueDate: new Date(Math.floor(date.getTime() / 1000) * 1000) });
}
