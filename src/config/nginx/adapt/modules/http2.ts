import { flag, type Handlers, number } from '../handlers.ts';

export const http2Handlers: Handlers = {
  http2: flag((http2) => ({ http2 })),
  http2_max_concurrent_streams: number((maxStreams) => ({ connection: { maxStreams } })),
};
