import type { SiteRequest } from '../../site-request.ts';
import { sizeOf } from '../size.ts';
import type { BuiltIns } from './built-in.ts';

/** The answer, as far as it is made. */
export const replyVariables: BuiltIns = {
  body_bytes_sent: ({ main }) => String(main.record?.bytes ?? 0),
  bytes_sent: ({ main: { record } }) => String(record ? (record.sentBytes ?? record.bytes) : 0),
  limit_conn_status: ({ main }) => main.limitConnectionsStatus,
  limit_rate: limitRate,
  limit_req_status: ({ main }) => main.limitRequestsStatus,
  request_completion: ({ main }) => (main.record?.complete ? 'OK' : ''),
  status: ({ main, reply }) => String(main.record?.status ?? reply?.status ?? main.errorStatus ?? '000'),
  uid_got: ({ main }) => main.userIdGot,
  uid_set: ({ main }) => main.userIdSet,
};

/** In bytes per second; of a rate that is a template of its own only what `set` made of it is known. */
function limitRate({ limitRate: own, location }: SiteRequest): string {
  return String(sizeOf(own ?? location.settings.limitRate ?? '0') ?? 0);
}
