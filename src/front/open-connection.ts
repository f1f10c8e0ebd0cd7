import type { Socket } from 'node:net';
import type { ConnectionFacts } from '../core/exchange.ts';
import { Connection } from './connection.ts';
import type { ClientConnection, ConnectionContext } from './connection-context.ts';
import type { ListenerSettings } from './listener-settings.ts';
import { TlsConnection } from './tls/tls-connection.ts';

/** What a client connection is to begin with, once its address is known; more may be found out from its first bytes. */
export function openConnection(
  socket: Socket,
  facts: ConnectionFacts,
  context: ConnectionContext,
  settings: ListenerSettings,
): ClientConnection & { receive(chunk: Buffer): void } {
  const { tls } = context;
  if (!settings.tls || !tls) return new Connection(socket, facts, context, settings);
  return new TlsConnection(socket, facts, context, settings, tls);
}
