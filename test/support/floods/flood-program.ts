// A process of its own that floods a port of 127.0.0.1: NAME PORT cleartext|TLS SECONDS. It says its FloodReport as JSON.
import { setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { floodConnection } from './flood-connection.ts';
import { FloodCounts } from './flood-counts.ts';
import { http2Floods } from './http2-floods.ts';
import { tlsFloods } from './tls-floods.ts';

// It would be on another machine: it must not take the processors from those whom it floods.
setPriority(19);
const [name = '', port = '', over = '', seconds = ''] = process.argv.slice(2);
const target = { port: Number(port), isTls: over === 'TLS' };
const ofHttp2 = http2Floods.find((each) => each.name === name);
const ofTls = tlsFloods.find((each) => each.name === name);
if (!ofHttp2 && !ofTls) throw new Error(`There is no flood "${name}"`);
const mustSeeEnd = (ofHttp2 ?? ofTls)?.end === 'calm';
const counts = new FloodCounts(performance.now() + Number(seconds) * 1_000, mustSeeEnd);
const once = async (): Promise<void> => {
  if (ofHttp2) await floodConnection(ofHttp2, target, counts);
  else await ofTls?.connect(target.port, counts);
};
const connections = (ofHttp2 ?? ofTls)?.connections ?? 2;
await Promise.all(
  Array.from({ length: connections }, async () => {
    while (!counts.isOver) {
      await once();
      // Others of this process have their turn; where there is no server any more, it is not asked without a pause.
      await delay(1);
    }
  }),
);
process.stdout.write(`${JSON.stringify(counts.report())}\n`, () => process.exit());
