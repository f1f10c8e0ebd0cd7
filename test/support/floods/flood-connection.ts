import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { FrameKind } from '../../../src/protocol/http2/codes.ts';
import { FrameReader } from '../http2-frame-reader.ts';
import { frame } from '../http2-frames.ts';
import { preface } from '../raw-http2.ts';
import type { FloodCounts } from './flood-counts.ts';
import type { Http2Flood } from './http2-floods.ts';

export interface FloodTarget {
  readonly port: number;
  readonly isTls: boolean;
}

/** How many pieces leave in one write. */
const piecesPerWrite = 32;
/** Bytes that the server has not taken are no more than this: what else is written would only fill our memory. */
const mostUnsent = 1 << 20;

/** Floods over one connection until the server ends it, or the time is over. */
export async function floodConnection(flood: Http2Flood, target: FloodTarget, counts: FloodCounts): Promise<void> {
  const socket = open(target);
  counts.connections++;
  try {
    await once(socket, target.isTls ? 'secureConnect' : 'connect');
  } catch {
    counts.refused++;
    return;
  }
  let isOver = false;
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      if (!isOver && !counts.isOver) counts.closed++;
      isOver = true;
      resolve();
    };
    socket.on('end', end);
    socket.on('close', end);
  });
  const latestGoaway = listen(socket);
  if (flood.isDeaf) socket.pause();
  socket.write(Buffer.concat([Buffer.from(preface, 'latin1'), frame(FrameKind.settings, 0, 0, flood.settings)]));
  socket.write(frame(FrameKind.settings, 1, 0));
  if (flood.begin) socket.write(flood.begin);
  const hasEnded = (): boolean => isOver || counts.isOver;
  if (flood.repeat) await repeat(socket, flood, flood.repeat, counts, hasEnded);
  await counts.over(closed);
  const code = latestGoaway();
  if (code !== undefined) counts.goaway(code);
  socket.destroy();
}

async function repeat(
  socket: Socket,
  { pauseMs = 0 }: Http2Flood,
  piece: (count: number) => Buffer,
  counts: FloodCounts,
  hasEnded: () => boolean,
): Promise<void> {
  const perWrite = pauseMs > 0 ? 1 : piecesPerWrite;
  for (let count = 0; !hasEnded(); count += perWrite) {
    socket.write(Buffer.concat(Array.from({ length: perWrite }, (_, index) => piece(count + index))));
    counts.sent += perWrite;
    if (pauseMs > 0) await delay(pauseMs);
    else await turn();
    while (socket.writableLength > mostUnsent && !hasEnded()) await delay(1);
  }
}

/** Gives what tells the code of the latest GOAWAY. */
function listen(socket: Socket): () => number | undefined {
  const reader = new FrameReader();
  let code: number | undefined;
  socket.on('data', (chunk: Buffer) => {
    for (const { type, payload } of reader.read(chunk)) if (type === FrameKind.goaway) code = payload.readUInt32BE(4);
  });
  return () => code;
}

function open({ port, isTls }: FloodTarget): Socket {
  const where = { port, host: '127.0.0.1' };
  return isTls ? connectTls({ ...where, ALPNProtocols: ['h2'], rejectUnauthorized: false }) : connectTcp(where);
}
