import type { Body } from '../../src/core/body.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import type { ExchangeRecord } from '../../src/core/exchange-record.ts';
import type { Handler } from '../../src/core/handler.ts';
import { HeaderList } from '../../src/core/headers.ts';
import {
  type ConnectionTimeouts,
  connectionTimeouts,
  httpLimits,
  type WebSocketLimits,
  type WebSocketTimeouts,
  webSocketLimits,
  webSocketTimeouts,
} from '../../src/core/limits.ts';
import type { Reply } from '../../src/core/reply.ts';
import { Front, type FrontOptions } from '../../src/front/front.ts';
import { listenerSettings } from '../../src/front/listener-settings.ts';
import { createLog } from '../../src/observe/log.ts';
import { RawClient } from './raw-client.ts';

export interface FrontStage {
  front: Front;
  port: number;
  records: ExchangeRecord[];
  log: string[];
  client(): Promise<RawClient>;
}

const stages: FrontStage[] = [];
const clients: RawClient[] = [];

export interface StageLimits extends Partial<ConnectionTimeouts> {
  readonly webSocket?: Partial<WebSocketLimits & WebSocketTimeouts>;
  readonly maxConnections?: number;
  readonly refuseAll?: () => void;
  readonly before?: FrontOptions['before'];
  readonly tls?: FrontOptions['tls'];
}

/** A front on a free port of this machine, with that handler. */
export async function stage(
  handle: Handler,
  { webSocket = {}, maxConnections = 1_000, refuseAll, before, tls, ...timeouts }: StageLimits = {},
  maxBodySize: number = 1 << 20,
): Promise<FrontStage> {
  const records: ExchangeRecord[] = [];
  const log: string[] = [];
  const front = new Front({
    handle,
    log: createLog(
      { level: 'debug' },
      (text) => log.push(text),
      () => new Date(),
    ),
    done: (record) => records.push(record),
    idPrefix: 'test',
    maxConnections,
    refuseAll,
    ...(before && { before }),
    ...(tls && { tls }),
    listeners: {
      ...listenerSettings,
      limits: { ...httpLimits, maxBodySize },
      timeouts: { ...connectionTimeouts, ...timeouts },
    },
    webSocketLimits: { ...webSocketLimits, ...webSocket },
    webSocketTimeouts: { ...webSocketTimeouts, ...webSocket },
  });
  const { bind: bound } = await front.listen({ kind: 'tcp', host: '127.0.0.1', port: 0 });
  const port = bound.kind === 'tcp' ? bound.port : 0;
  const made: FrontStage = {
    front,
    port,
    records,
    log,
    client: async () => {
      const client = await RawClient.connect(port);
      clients.push(client);
      return client;
    },
  };
  stages.push(made);
  return made;
}

/** Closes what the tests of a file have opened; for `afterEach`. */
export async function closeStages(): Promise<void> {
  for (const client of clients.splice(0)) client.destroy();
  for (const { front } of stages.splice(0)) await front.close(0);
}

/** A reply with that body. */
export function reply(body: Body | string, fields: [string, string][] = [], status = 200): Reply {
  return { status, headers: HeaderList.of(fields), body: typeof body === 'string' ? Buffer.from(body) : body };
}

/** The whole request body, latin-1. */
export async function read(exchange: Exchange): Promise<string> {
  if (exchange.body instanceof Uint8Array) return Buffer.from(exchange.body).toString('latin1');
  let all = '';
  for await (const piece of exchange.body) all += Buffer.from(piece).toString('latin1');
  return all;
}

export const echoTarget: Handler = ({ request }) => reply(request.target);
export const echoBody: Handler = async (exchange) => reply(await read(exchange));
export const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
export const post = (fields: string, body: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;
