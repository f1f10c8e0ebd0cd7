import { setTimeout as delay } from 'node:timers/promises';
import type { OpenLoad } from './cases.ts';
import { OpenConnections } from './open-connections.ts';
import { cpuTimeUs, memoryBytes } from './process-tree.ts';
import type { Measurement } from './results.ts';
import type { ServerProcess } from './server-process.ts';

/**
 * Opens the connections, leaves them open for `seconds` and closes them. Throws when one cannot be opened or the server
 * ends meanwhile.
 */
export async function measureOpen(
  server: ServerProcess,
  load: OpenLoad,
  port: number,
  seconds: number,
  signal: AbortSignal,
): Promise<Measurement> {
  const { connections } = load;
  const bytes = memory(server);
  using open = await OpenConnections.open(load, port, signal);
  const began = performance.now();
  const cpuBeforeUs = cpuTimeUs(server.tree());
  await delay(seconds * 1_000, undefined, { signal });
  const cpuUs = cpuTimeUs(server.tree()) - cpuBeforeUs;
  const openSeconds = (performance.now() - began) / 1_000;
  const bytesAfter = memory(server);
  const { lost, events } = await open.close();
  if (!server.isAlive()) throw server.failure('ended during the run');
  return {
    cpuUs: cpuUs / connections / openSeconds,
    connectionBytes: (bytesAfter.tree - bytes.tree) / connections,
    mainConnectionBytes: (bytesAfter.main - bytes.main) / connections,
    memoryBytes: bytesAfter.tree,
    // The last event of each stream may still be under way.
    badAnswers: load.protocol === 'event-stream' ? Math.max(0, connections * (seconds - 1) - events) : 0,
    socketErrors: lost,
  };
}

function memory(server: ServerProcess): { readonly tree: number; readonly main: number } {
  const tree = server.tree();
  return { tree: memoryBytes(tree), main: memoryBytes(tree.filter(({ parent }) => parent === process.pid)) };
}
