import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports of 127.0.0.1 that nothing listens on, all different and of five digits. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const addresses = servers.map((server) => server.address());
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return addresses.map((address) => (typeof address === 'object' && address ? address.port : 0));
}
