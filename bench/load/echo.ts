// The load of websocket-echo, a program of its own so that it has a CPU to itself: PORT CLIENTS MESSAGE-SIZE SECONDS.
import type { LoadResult } from '../run-load.ts';
import { EchoClient } from './echo-client.ts';
import { Latencies } from './latencies.ts';

const patienceMs = 2_000;

const [port = 0, count = 0, messageSize = 0, seconds = 0] = process.argv.slice(2).map(Number);
const latencies = new Latencies();
const clients = Array.from({ length: count }, (_, number) => new EchoClient(number, messageSize, latencies));
await Promise.all(clients.map((client) => client.open(port)));

const begin = performance.now();
const end = begin + seconds * 1_000;
const stopAll = (): void => {
  for (const client of clients) client.stop();
};
const impatience = setTimeout(stopAll, seconds * 1_000 + patienceMs);
await Promise.all(clients.map((client) => client.run(end)));
clearTimeout(impatience);

const result: LoadResult = {
  answers: latencies.count,
  durationUs: Math.round((performance.now() - begin) * 1_000),
  p50Us: latencies.percentileUs(0.5),
  p99Us: latencies.percentileUs(0.99),
  badAnswers: clients.reduce((sum, { wrongEchoes }) => sum + wrongEchoes, 0),
  socketErrors: clients.filter(({ isLost }) => isLost).length,
};
console.log(`RESULT ${JSON.stringify(result)}`);
