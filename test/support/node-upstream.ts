import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of Node's on a free port of this machine, which ends with its scope. */
export interface NodeUpstream extends AsyncDisposable {
  readonly port: number;
}

/** Serves with Node's own HTTP. */
export async function serving(listener: RequestListener): Promise<NodeUpstream> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const end = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { port, [Symbol.asyncDispose]: end };
}
