import type { Socket } from 'node:net';
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type Server,
  TLSSocket,
  type TLSSocketOptions,
} from 'node:tls';
import { contextOptions } from './context-options.ts';
import { messageOf } from './read-file.ts';
import type { TlsMaterial } from './tls-material.ts';

/** What OpenSSL does not take for a context; the message says so. */
export class TlsContextError extends Error {}

/** Does the handshakes of one virtual server. */
export class TlsHost {
  readonly material: TlsMaterial;
  readonly #alpn: Buffer | undefined;
  #options: TLSSocketOptions | undefined;

  /** `alpn`: the protocols that are spoken, the preferred one first. A client that offers only others is refused (RFC 7301 §3.2). */
  constructor(material: TlsMaterial, alpn: readonly string[]) {
    this.material = material;
    this.#alpn = alpn.length === 0 ? undefined : protocolList(alpn);
  }

  /**
   * Begins a handshake on a connection whose first bytes were put back into it. `done` is called once; after an error the connection is
   * destroyed, the alert has been sent. Nothing ends a slow handshake but destroying the socket. Throws TlsContextError before it begins.
   */
  handshake(socket: Socket, done: (result: TLSSocket | Error) => void): TLSSocket {
    this.#options ??= this.#socketOptions();
    const secured = new TLSSocket(socket, this.#options);
    staple(secured, this.material);
    const left = (): TLSSocket => secured.destroy();
    const failed = (): void => {
      socket.destroy();
      done(secured.errored ?? new Error('the client left during the handshake'));
    };
    secured.once('secure', () => {
      secured.off('close', failed).off('end', left);
      if (this.material.clients) authorize(secured);
      done(secured);
    });
    secured.once('close', failed).once('end', left);
    secured.on('_tlsError', destroy);
    return secured;
  }

  #socketOptions(): TLSSocketOptions {
    const options: TLSSocketOptions = {
      isServer: true,
      secureContext: contextOf(this.material),
      requestCert: this.material.clients !== undefined,
      rejectUnauthorized: false,
    };
    if (this.#alpn) options.ALPNProtocols = this.#alpn;
    const [certificate, another] = this.material.certificates;
    // Of several certificates nobody tells which one the client gets.
    if (certificate?.ocspResponse && !another) options.server = staplingServer(certificate.ocspResponse);
    return options;
  }
}

/** Node tells it of a server's connection that no tls.Server has, and leaves that open (decisions/0022). It stays: nothing of the handshake may. */
function destroy(this: TLSSocket, error: Error): void {
  this.destroy(error);
}

function contextOf(material: TlsMaterial): SecureContext {
  try {
    return createSecureContext(contextOptions(material));
  } catch (error) {
    throw new TlsContextError(`OpenSSL does not take the certificate with these settings: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * Gives the CA's answer to clients that ask for one. OpenSSL chooses among several certificates when it is too late to say whose answer it
 * shall be, so those have none. It is what Node does for listeners to `OCSPRequest` of a tls.Server.
 */
function staple(socket: TLSSocket, { certificates }: TlsMaterial): void {
  const [{ ocspResponse } = {}, other] = certificates;
  if (!ocspResponse || other) return;
  const { ssl } = socket as unknown as { readonly ssl: { setOCSPResponse(response: Uint8Array): void } };
  ssl.setOCSPResponse(ocspResponse);
}

/** What a tls.Server says of a client's certificate, in the same two properties. */
function authorize(socket: TLSSocket): void {
  const { ssl } = socket as unknown as {
    readonly ssl: {
      verifyError(): (Error & { readonly code?: string }) | null | undefined;
      hasPeerCertificate(): boolean;
    };
  };
  const error = ssl.verifyError();
  // A resumed session of TLS 1.3 without a certificate is no error to OpenSSL.
  const code = error
    ? (error.code ?? error.message)
    : ssl.hasPeerCertificate()
      ? undefined
      : 'UNABLE_TO_GET_ISSUER_CERT';
  socket.authorized = code === undefined;
  if (code !== undefined) (socket as { authorizationError: unknown }).authorizationError = code;
}

/** It never listens: Node asks it for what is sent to clients that want to know about revocation. */
function staplingServer(response: Uint8Array): Server {
  const bytes = Buffer.from(response);
  const server = createServer({ ca: [] });
  server.on('OCSPRequest', (_certificate, _issuer, callback) => callback(null, bytes));
  return server;
}

/** RFC 7301 §3.1: each with its length before it. */
function protocolList(names: readonly string[]): Buffer {
  return Buffer.concat(names.map((name) => Buffer.from(`${String.fromCharCode(name.length)}${name}`, 'latin1')));
}
