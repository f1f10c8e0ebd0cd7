import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { freePorts } from '../../support/free-ports.ts';
import { NodeProgram } from '../../support/node-program.ts';
import { until } from '../../support/until.ts';
import { ConfigStage } from '../config/config-stage.ts';

const clients = 8;
const kills = 10;
const slowStartMs = 1_500;

/** Answers with its port, and says the number of each request that it has got. */
const upstreamProgram = (port: number): string => `
  import { createServer } from 'node:http';
  createServer((request, response) => {
    say(request.headers['x-number']);
    request.resume().on('end', () => response.end('${port}'));
  }).listen(${port}, '127.0.0.1', () => say('ready'));`;

/** An upstream that is a process of its own, killed and started again on the same port. */
class KilledUpstream {
  readonly port: number;
  /** Numbers of all requests that it has got, over all its lives. */
  readonly got: string[] = [];
  #program: NodeProgram | undefined;

  constructor(port: number) {
    this.port = port;
  }

  async start(): Promise<void> {
    this.#program = new NodeProgram(upstreamProgram(this.port));
    assert.equal(await this.#program.says(), 'ready');
  }

  async kill(): Promise<void> {
    const program = this.#program;
    if (!program) return;
    this.#program = undefined;
    const { child } = program;
    const gone = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGKILL');
    await gone;
    this.got.push(...(program.said as string[]));
    program[Symbol.dispose]();
  }
}

interface Answered {
  readonly at: number;
  readonly method: string;
  readonly number: string;
  /** 0 where the connection broke. */
  readonly status: number;
  /** Whose answer it is. */
  readonly port: number;
}

/** Clients that keep their connections and send one request after the other until they are stopped. */
class Load {
  readonly answers: Answered[] = [];
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: clients });
  readonly #where: { readonly port: number; readonly path: string };
  readonly #running: Promise<unknown>;
  #isStopping = false;
  #number = 0;

  constructor(port: number, path: string, methods: readonly string[]) {
    this.#where = { port, path };
    this.#running = Promise.all(Array.from({ length: clients }, () => this.#run(methods)));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
    this.#agent.destroy();
  }

  async #run(methods: readonly string[]): Promise<void> {
    while (!this.#isStopping) {
      const number = this.#number++;
      await this.#ask(methods[number % methods.length] as string, String(number));
    }
  }

  #ask(method: string, number: string): Promise<void> {
    return new Promise((resolve) => {
      const answered = (status: number, port: number): void => {
        this.answers.push({ at: performance.now(), method, number, status, port });
        resolve();
      };
      const sent = request({
        ...this.#where,
        host: '127.0.0.1',
        agent: this.#agent,
        method,
        headers: { 'x-number': number },
      });
      sent.on('response', (response) => {
        text(response).then(
          (body) => answered(response.statusCode ?? 0, Number(body)),
          () => answered(0, 0),
        );
      });
      sent.on('error', () => answered(0, 0));
      sent.end(method === 'GET' ? undefined : 'x'.repeat(100));
    });
  }
}

describe('Three upstreams, of which one at a time is killed and started again under load', () => {
  let upstreams: readonly KilledUpstream[];
  let stage: ConfigStage;
  let port = 0;
  before(async () => {
    const [front = 0, ...ports] = await freePorts(4);
    port = front;
    upstreams = ports.map((own) => new KilledUpstream(own));
    const peer = (own: number, more = ''): string =>
      `{ address: '127.0.0.1:${own}', failTimeout: '100ms', maxFails: 1 ${more} }`;
    const config = `export default {
      upstreams: {
        plain: { peers: [${ports.map((own) => peer(own)).join()}] },
        slow: { peers: [${ports.map((own) => peer(own, `, slowStart: '${slowStartMs}ms'`)).join()}] },
      },
      servers: [
        { listen: ['127.0.0.1:${front}'], locations: [
          { path: '/', proxy: 'http://plain' },
          { path: '/slow/', proxy: 'http://slow' },
        ] },
      ],
    };`;
    await Promise.all(upstreams.map((upstream) => upstream.start()));
    stage = await ConfigStage.start({ 'galley.config.ts': config });
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
    await Promise.all(upstreams.map((upstream) => upstream.kill()));
  });

  it('let no request fail that may be sent twice, and get none twice that may not', async () => {
    const load = new Load(port, '/', ['GET', 'GET', 'PUT', 'GET', 'POST']);
    for (let killed = 0; killed < kills; killed++) {
      const upstream = upstreams[killed % upstreams.length] as KilledUpstream;
      const seen = load.answers.length;
      const answersOf = (): number =>
        load.answers.reduce((count, answer, at) => count + Number(at >= seen && answer.port === upstream.port), 0);
      await until(() => answersOf() >= 50, `answers of ${upstream.port}`);
      await upstream.kill();
      const after = load.answers.length;
      await until(() => load.answers.length > after + 100, 'answers of the others');
      await upstream.start();
    }
    await load.stop();
    assert.match(stage.galley.stderr(), /ECONNREFUSED|The upstream closed the connection/);
    await Promise.all(upstreams.map((upstream) => upstream.kill()));
    const failed = load.answers.filter(({ status }) => status !== 200);
    assert.deepEqual(
      failed.filter(({ method }) => method !== 'POST'),
      [],
    );
    assert.deepEqual([...new Set(failed.map(({ status }) => status))].join(), failed.length > 0 ? '502' : '');
    const posts = new Set(load.answers.filter(({ method }) => method === 'POST').map(({ number }) => number));
    const got = upstreams.flatMap((upstream) => upstream.got).filter((number) => posts.has(number));
    assert.ok(got.length > 100);
    assert.deepEqual(got.length, new Set(got).size);
    await Promise.all(upstreams.map((upstream) => upstream.start()));
  });

  it('give the one that is back a share that grows', async () => {
    const [upstream] = upstreams as [KilledUpstream];
    const load = new Load(port, '/slow/', ['GET']);
    const last = (): number => load.answers.at(-1)?.at ?? 0;
    await until(() => load.answers.length > 300, 'answers');
    await upstream.kill();
    const killedAt = load.answers.length;
    await until(() => load.answers.length > killedAt + 100, 'answers of the others');
    await upstream.start();
    const startedAt = last();
    await until(() => load.answers.some(({ at, port: from }) => at > startedAt && from === upstream.port), 'its first');
    const backAt = last();
    await until(() => last() > backAt + 2 * slowStartMs, 'the end of the slow start');
    await load.stop();
    const share = (from: number, to: number): number => {
      const window = load.answers.filter(({ at }) => at >= backAt + from && at < backAt + to);
      return window.filter((answer) => answer.port === upstream.port).length / window.length;
    };
    const shares = [
      share(0, slowStartMs / 4),
      share(slowStartMs / 2, slowStartMs),
      share(1.2 * slowStartMs, 2 * slowStartMs),
    ];
    const [first = 0, second = 0, full = 0] = shares;
    assert.ok(first < full / 2 && first < second && second < full && Math.abs(full - 1 / 3) < 0.05, shares.join());
    assert.deepEqual(
      load.answers.filter(({ status }) => status !== 200),
      [],
    );
  });
});
