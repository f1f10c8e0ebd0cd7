import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { AppCounters } from '../../src/app/counters.ts';
import { Dispatcher } from '../../src/app/dispatch/dispatcher.ts';
import type { WorkerLink } from '../../src/app/dispatch/worker-link.ts';
import { WorkerListener } from '../../src/app/dispatch/worker-listener.ts';
import type { WorkerStream } from '../../src/app/dispatch/worker-stream.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { isReply, type Outcome, type Reply } from '../../src/core/reply.ts';
import { Kind } from '../../src/protocol/worker/kinds.ts';
import { AppFolder } from './app-folder.ts';
import { FakeWorker } from './fake-worker.ts';
import { until } from './until.ts';

/** A dispatcher, and workers that the test plays. */
export interface DispatcherStage {
  dispatcher: Dispatcher;
  listener: WorkerListener;
  counters: AppCounters;
  links: Map<number, WorkerLink>;
  closed: { worker: number | undefined; error: Error | undefined }[];
  appErrors: { text: string; exchange: Exchange | undefined }[];
  stuck: WorkerStream[];
  tainted: number;
  worker(id: number, hello?: object): Promise<FakeWorker>;
}

const stages: DispatcherStage[] = [];
let folder: AppFolder;

/** `front`: which of the fronts that share the counters. */
export async function stage(
  limits = { maxRequests: 2, maxWaitMs: 60_000 },
  requestTimeoutMs = 0,
  now: () => number = () => performance.now(),
  counters: AppCounters = new AppCounters(1),
  front = 0,
): Promise<DispatcherStage> {
  const dispatcher: Dispatcher = new Dispatcher({
    limits,
    requestTimeoutMs,
    counters,
    front,
    now,
    late: (link, { id }) => dispatcher.cancelLate(link, id),
    stuck: (_link, stream) => made.stuck.push(stream),
  });
  const path = folder.file(`front-${stages.length}.sock`);
  const listener = await WorkerListener.open(
    path,
    {
      hello: (link, hello) => {
        made.links.set(hello.worker, link);
        dispatcher.add(link, hello.worker);
      },
      ended: (link, stream, milliseconds) => dispatcher.ended(link, stream, milliseconds),
      returned: (link, stream) => dispatcher.returned(link, stream),
      recovered: () => dispatcher.recovered(),
      tainted: () => made.tainted++,
      retry: (stream) => dispatcher.retry(stream),
      appError: (_link, text, exchange) => made.appErrors.push({ text, exchange }),
      closed: (link, error) => {
        dispatcher.forget(link);
        made.closed.push({ worker: link.hello?.worker, error });
      },
    },
    now,
  );
  const made: DispatcherStage = {
    dispatcher,
    listener,
    counters,
    links: new Map(),
    closed: [],
    appErrors: [],
    stuck: [],
    tainted: 0,
    worker: async (id, hello) => {
      const worker = await FakeWorker.connect(path, id, hello);
      await until(() => made.links.has(id) || made.closed.length > 0, 'the worker is known');
      return worker;
    },
  };
  stages.push(made);
  return made;
}

/** For a file of tests that has stages. */
export function closeStages(): void {
  before(async () => {
    folder = await AppFolder.with({});
  });
  afterEach(async () => {
    for (const { dispatcher, listener } of stages.splice(0)) {
      dispatcher.close();
      await listener.close();
    }
  });
  after(() => folder[Symbol.asyncDispose]());
}

/** The answer of an ordinary request. */
export async function replyOf(outcome: Promise<Outcome>): Promise<Reply> {
  const reply = await outcome;
  assert.ok(isReply(reply));
  return reply;
}

/** The whole body of the answer. */
export async function text(outcome: Promise<Outcome>): Promise<string> {
  const reply = await replyOf(outcome);
  if (reply.body instanceof Uint8Array) return Buffer.from(reply.body).toString();
  let all = '';
  for await (const piece of reply.body) all += Buffer.from(piece).toString();
  return all;
}

/** Whether a frame is a REQUEST. */
export const request = ({ kind }: { kind: number }): boolean => kind === Kind.request;
