import type { TLSSocket } from 'node:tls';
import type { ClientCertificate, TlsFacts } from '../../core/tls-facts.ts';
import type { ClientHello } from '../../protocol/tls/client-hello.ts';
import type { ClientCertificateMaterial } from '../tls-material.ts';
import { isWithinDepth, sentCertificates } from './certificate-path.ts';
import { PeerCertificate, sessionIdOf } from './peer-certificate.ts';
import { cipherNames, cipherNumber, groupNames } from './tls-names.ts';
import { isOfUnknownCa, verifyErrorText } from './verify-errors.ts';

/** OpenSSL gives up looking for issuers at the depth, and says that it has found none. */
const beyondDepth = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';

/** What is known of a connection whose handshake is done; `authorized` says of it what OpenSSL found. Called once for each. */
export function tlsFactsOf(
  socket: TLSSocket,
  hello: Pick<ClientHello, 'serverName' | 'ciphers' | 'groups'>,
  clients: ClientCertificateMaterial | undefined,
): TlsFacts {
  return new HandshakeFacts(socket, hello, clients);
}

class HandshakeFacts implements TlsFacts {
  readonly version: string;
  readonly cipher: string;
  readonly standardCipher: string;
  readonly serverName: string;
  readonly alpn: string;
  readonly isResumed: boolean;
  // Node does not tell it of a server's connections.
  readonly group: string = '';
  readonly clientRules: string;
  readonly clientVerify: string;
  readonly clientFault: TlsFacts['clientFault'];
  readonly client: ClientCertificate | undefined;
  readonly #socket: TLSSocket;
  readonly #hello: Pick<ClientHello, 'ciphers' | 'groups'>;
  #offered: TlsFacts['offered'] | undefined;
  #sessionId: string | undefined;

  constructor(
    socket: TLSSocket,
    hello: Pick<ClientHello, 'serverName' | 'ciphers' | 'groups'>,
    clients: ClientCertificateMaterial | undefined,
  ) {
    const { name, standardName } = socket.getCipher();
    this.version = socket.getProtocol() ?? '';
    this.cipher = name;
    this.standardCipher = standardName;
    this.serverName = hello.serverName;
    this.alpn = socket.alpnProtocol || '';
    this.isResumed = socket.isSessionReused();
    this.#socket = socket;
    this.#hello = hello;
    this.clientRules = clients?.digest ?? '';
    const shown = clients && socket.getPeerX509Certificate();
    if (!shown) {
      this.client = undefined;
      this.clientVerify = 'NONE';
      this.clientFault = clients?.verify === 'required' ? 'missing' : undefined;
      return;
    }
    this.client = new PeerCertificate(shown);
    let code = socket.authorized ? undefined : String(socket.authorizationError);
    if (code === undefined && !this.isResumed && !isWithinDepth(sentCertificates(shown), clients)) code = beyondDepth;
    this.clientVerify = code === undefined ? 'SUCCESS' : `FAILED:${verifyErrorText(code)}`;
    const isFault = code !== undefined && !(clients.verify === 'optional-no-ca' && isOfUnknownCa(code));
    this.clientFault = isFault ? 'unverified' : undefined;
  }

  get cipherNumber(): number | undefined {
    return cipherNumber(this.cipher);
  }

  get offered(): TlsFacts['offered'] {
    this.#offered ??= { ciphers: cipherNames(this.#hello.ciphers), groups: groupNames(this.#hello.groups) };
    return this.#offered;
  }

  /** Empty where the first to ask comes after the connection's end. */
  get sessionId(): string {
    this.#sessionId ??= sessionIdOf(this.#socket.getSession());
    return this.#sessionId;
  }
}
