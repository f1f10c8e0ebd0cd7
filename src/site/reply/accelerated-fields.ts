import type { HeaderList } from '../../core/headers.ts';
import { NameSet } from '../../core/name-set.ts';
import type { Settings } from '../../plan/settings.ts';
import type { SiteRequest } from '../site-request.ts';
import type { ReplyFilter } from '../steps.ts';
import { withCharset } from './charset.ts';

/** What apps tell the server alone, as in nginx. */
const names = ['x-accel-redirect', 'x-accel-expires', 'x-accel-buffering', 'x-accel-charset', 'x-accel-limit-rate'];

const nameSet = new NameSet(names);

/** Whether what an app or an upstream says to the server is meant for this one, and not for another in front of it. */
export function heedsAcceleratedFields({ content, proxy }: Pick<Settings, 'content' | 'proxy'>): boolean {
  if (content.kind === 'app') return !content.passesAccelFields;
  if (content.kind !== 'proxy') return false;
  return !names.every((name) => proxy.passedFields.includes(name) && proxy.ignoredFields.includes(name));
}

/** Takes from an app's answer what it says to the server: its charset, and how fast it is to be sent. The client sees nothing of it. */
export const takeAcceleratedFields: ReplyFilter = (request, reply) => {
  const headers = withoutAcceleratedFields(request, reply.headers);
  return headers === reply.headers ? reply : { ...reply, headers };
};

/** The fields of an app's answer without what it says to the server, which is heeded; clients see what the config passes on. */
export function withoutAcceleratedFields(request: SiteRequest, all: HeaderList): HeaderList {
  const headers = all.withoutAny(nameSet);
  if (headers === all) return headers;
  const charset = all.get('x-accel-charset');
  const type = headers.get('content-type');
  request.limitRate ??= all.get('x-accel-limit-rate');
  const passed = headers.withAll(passedOn(request, all));
  return charset && type !== undefined ? passed.replaced('content-type', withCharset(type, charset)) : passed;
}

/** nginx's `proxy_pass_header`. */
function passedOn(request: SiteRequest, headers: HeaderList): readonly (readonly [name: string, value: string])[] {
  const { content, proxy } = request.location.settings;
  if (content.kind !== 'proxy') return [];
  return proxy.passedFields.flatMap((name) => {
    const value = names.includes(name) ? headers.get(name) : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
}
