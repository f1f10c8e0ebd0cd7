import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { NginxServing } from '../../support/nginx-serving.ts';
import { until } from '../../support/until.ts';
import { answersIn, type WireAnswer } from './answer-text.ts';
import type { DifferenceName } from './differences.ts';
import { requestOf } from './request-text.ts';

/** What is asked over a connection of its own. */
export interface TlsQuestion {
  readonly port: number;
  /** As for {@link requestOf}. */
  readonly line: string;
  /** Without TLS where it is `plain`. */
  readonly with?: ConnectionOptions | 'plain';
  /** Galley answers otherwise on purpose, with this status; 0 for none. */
  readonly differs?: readonly [difference: DifferenceName, status: number];
}

/** What came of it. */
export interface TlsAnswer {
  /** Of the handshake, what the client sees: the version, the certificate's name, what was chosen by ALPN; or that there was none. */
  readonly handshake: string;
  readonly answers: readonly WireAnswer[];
}

export async function askOverTls(serving: NginxServing, question: TlsQuestion): Promise<TlsAnswer> {
  const { port, line, with: options = {} } = question;
  const where = { port: serving.ports[port] ?? 0, host: '127.0.0.1' };
  const isPlain = options === 'plain';
  const socket: Socket | TLSSocket = isPlain
    ? connectPlain(where)
    : connect({ ...where, rejectUnauthorized: false, minVersion: 'TLSv1.2', ...options });
  const seen = { text: '', isOver: false };
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    seen.text += text;
  });
  socket.on('error', () => {});
  socket.on('end', () => {
    seen.isOver = true;
  });
  socket.on('close', () => {
    seen.isOver = true;
  });
  try {
    await once(socket, isPlain ? 'connect' : 'secureConnect');
  } catch {
    return { handshake: 'none', answers: [] };
  }
  const handshake = isPlain ? 'plain' : handshakeOf(socket as TLSSocket);
  const { bytes, methods } = requestOf(line);
  if (!/ h2$/.test(handshake)) socket.write(bytes, 'latin1');
  else socket.end();
  await until(() => seen.isOver, line);
  socket.destroy();
  const plain = seen.text.replaceAll(String(where.port), '54321');
  return { handshake, answers: plain === '' || handshake.endsWith(' h2') ? [] : answersIn(plain, methods) };
}

function handshakeOf(socket: TLSSocket): string {
  const { subject } = socket.getPeerCertificate();
  return `${socket.getProtocol()} ${subject?.CN} ${socket.alpnProtocol || '-'}`;
}
