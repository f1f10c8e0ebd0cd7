import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { describe, it } from 'node:test';
import { freePorts } from '../../support/free-ports.ts';
import { until } from '../../support/until.ts';
import { endingFronts } from '../process-manager/bound-galley.ts';
import { ConfigStage, testApp, testAppBlock } from './config-stage.ts';

const burst = 20;
const most = 5;

/** The same limits in two languages, over two front threads. What leaks at one a minute is nothing while a test runs. */
const configs: Readonly<Record<string, (port: number) => string>> = {
  'a.config.json': (port) =>
    JSON.stringify({
      process: { frontThreads: 2 },
      apps: { app: testApp('process_asgi_app:app') },
      defaults: { accessLog: false, rateLimitStatus: 503, connectionLimitStatus: 503 },
      servers: [
        {
          listen: [`127.0.0.1:${port}`],
          headers: { 'X-Connection': '$connection' },
          locations: [
            { path: '= /limited', emptyGif: true, rateLimit: { key: '$remote_addr', rate: '1/m', burst } },
            { path: '= /open', emptyGif: true },
            { path: '= /hold', app: 'app', connectionLimit: { key: '$remote_addr', number: most } },
          ],
        },
      ],
    }),
  'nginx.conf': (port) => `
    worker_processes 2;
    events {}
    ${testAppBlock('app', 'process_asgi_app:app')}
    http {
      access_log off;
      limit_req_zone $binary_remote_addr zone=requests:1m rate=1r/m;
      limit_conn_zone $binary_remote_addr zone=connections:1m;
      add_header X-Connection $connection always;
      server {
        listen 127.0.0.1:${port};
        location = /limited { limit_req zone=requests burst=${burst} nodelay; empty_gif; }
        location = /open { empty_gif; }
        location = /hold { limit_conn connections ${most}; app_pass app; }
      }
    }
  `,
};

/** Eight clients that send so many requests each, one after the other on ever new connections. Gives the statuses, and by which thread each was given. */
async function load(
  stage: ConfigStage,
  path: string,
  requestsEach: number,
): Promise<readonly (readonly [number, number])[]> {
  const answers: (readonly [number, number])[] = [];
  const client = async (): Promise<void> => {
    for (let count = 0; count < requestsEach; count++) {
      const { status, headers } = await stage.ask(path);
      answers.push([status, threadOf(headers['x-connection'])]);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  return answers;
}

/** The front threads number their connections by turns. */
function threadOf(connection: string | readonly string[] | undefined): number {
  assert.match(String(connection), /^\d+$/);
  return (Number(connection) + 1) % 2;
}

/** A connection whose front thread is known, and what has become of its request to /hold so far. */
class Holder {
  readonly thread: number;
  status: number | 'none' | 'waiting' | 'cut' = 'none';
  readonly #agent: Agent;
  readonly #port: number;

  private constructor(agent: Agent, port: number, thread: number) {
    this.#agent = agent;
    this.#port = port;
    this.thread = thread;
  }

  static async connect(port: number): Promise<Holder> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const [response] = (await once(request({ host: '127.0.0.1', port, path: '/open', agent }).end(), 'response')) as [
      IncomingMessage,
    ];
    response.resume();
    await once(response, 'end');
    return new Holder(agent, port, threadOf(response.headers['x-connection']));
  }

  hold(key: number): void {
    this.status = 'waiting';
    request({ host: '127.0.0.1', port: this.#port, path: `/hold?${key}`, agent: this.#agent }, (response) => {
      this.status = response.statusCode ?? 0;
      response.resume();
    })
      .on('error', () => {
        this.status = 'cut';
      })
      .end();
  }

  leave(): void {
    this.#agent.destroy();
  }
}

/** Holders on one stage, and what is to come of them. */
class Holders {
  readonly #stage: ConfigStage;
  readonly all: Holder[] = [];

  constructor(stage: ConfigStage) {
    this.#stage = stage;
  }

  /** Each of these threads gets one more request, on a connection of its own. */
  async add(...threads: readonly number[]): Promise<void> {
    for (const thread of threads) {
      let holder: Holder;
      for (;;) {
        holder = await Holder.connect(this.#stage.galley.port);
        if (holder.thread === thread) break;
        holder.leave();
      }
      holder.hold(this.all.length);
      this.all.push(holder);
    }
  }

  of(status: Holder['status']): readonly Holder[] {
    return this.all.filter((holder) => holder.status === status);
  }

  /** How many have reached the app. */
  get held(): number {
    return readdirSync(this.#stage.folder.path).filter((name) => name.startsWith('held-')).length;
  }

  /** Resolves when exactly so many have reached the app in all, and so many were refused. */
  async comesTo(held: number, refused: number): Promise<void> {
    const counts = (): readonly number[] => [this.held, this.of(503).length];
    await until(
      () => this.held + this.of(503).length >= held + refused,
      () => `${held} held and ${refused} refused, there are ${counts()}`,
    );
    assert.deepEqual(counts(), [held, refused]);
  }

  leave(): void {
    for (const holder of this.all) holder.leave();
  }
}

for (const [name, text] of Object.entries(configs)) {
  describe(`limits over two front threads, by ${name}`, () => {
    const start = async (): Promise<ConfigStage> => {
      const [port = 0] = await freePorts(1);
      return ConfigStage.start({ [name]: text(port) }, [], endingFronts);
    };

    it('let exactly the burst and one more through', async () => {
      await using stage = await start();
      const answers = await load(stage, '/limited', 25);
      const statuses = answers.map(([status]) => status);
      assert.equal(statuses.filter((status) => status === 200).length, burst + 1);
      assert.equal(statuses.filter((status) => status === 503).length, 200 - burst - 1);
      assert.deepEqual([...new Set(answers.map(([, thread]) => thread))].sort(), [0, 1], 'both threads have answered');
    });

    it('count requests that an app holds, until they end, their client leaves, or their thread dies', async () => {
      await using stage = await start();
      const holders = new Holders(stage);
      await holders.add(0, 1, 0, 1, 0, 1, 0, 1);
      await holders.comesTo(5, 3);
      const [first] = holders.of('waiting');
      first?.leave();
      let refused = 3;
      while (holders.held === 5) {
        // The server may not have seen yet that the first one has left.
        await holders.add(0);
        await until(() => holders.held === 6 || holders.of(503).length > refused, 'it is held or refused');
        refused = holders.of(503).length;
      }
      await holders.add(1, 0);
      await holders.comesTo(6, refused + 2);
      const lost = holders.of('waiting').filter(({ thread }) => thread === 1);
      assert.ok(lost.length > 0);
      await stage.folder.write('1', '');
      await until(() => lost.every(({ status }) => status === 'cut'), 'its clients know');
      await until(async () => (await stage.status()).frontThreads[1]?.restarts === 1, 'it is replaced');
      await holders.add(...lost.map(() => 0), 1, 0);
      await holders.comesTo(6 + lost.length, refused + 4);
      await stage.folder.write('release', '');
      await until(() => holders.of('waiting').length === 0, 'all are answered');
      assert.equal(holders.of(200).length, most);
      assert.equal((await stage.ask('/hold?last')).status, 200);
      holders.leave();
    });
  });
}
