import type { ReplyFilter } from '../steps.ts';
import { withCharset } from './charset.ts';

/** What apps tell the server alone, as in nginx. */
const names = ['x-accel-redirect', 'x-accel-expires', 'x-accel-buffering', 'x-accel-charset', 'x-accel-limit-rate'];

/** Takes from an app's answer what it says to the server: its charset, and how fast it is to be sent. The client sees nothing of it. */
export const takeAcceleratedFields: ReplyFilter = (request, reply) => {
  const headers = reply.headers.without(...names);
  if (headers === reply.headers) return reply;
  const charset = reply.headers.get('x-accel-charset');
  const type = headers.get('content-type');
  request.limitRate ??= reply.headers.get('x-accel-limit-rate');
  if (!charset || type === undefined) return { ...reply, headers };
  return { ...reply, headers: headers.replaced('content-type', withCharset(type, charset)) };
};
