import { randomBytes } from 'node:crypto';
import { parseAddress } from '../../http/network.ts';
import type { UserIdPlan } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import type { ReplyFilter, Step } from '../steps.ts';
import { fieldFinder, findCookie } from '../variables/lookup.ts';
import { cookieTime } from './cookie-time.ts';

const cookieField = fieldFinder('cookie');

const idSize = 16;
/** Of the base64 of 16 bytes, without its padding. */
const textSize = 22;

export interface UserId {
  /** Reads the cookie, and makes an id where there is none: `$uid_got` and `$uid_set` are known after it. */
  readonly step: Step;
  /** Sends a new id, with answers of all kinds. */
  readonly filter: ReplyFilter;
}

/** nginx's `userid`: a cookie that tells visitors apart. It is no secret and proves nothing. Undefined where it is off. */
export function createUserId(plan: UserIdPlan | undefined, context: CompileContext): UserId | undefined {
  if (!plan) return undefined;
  const { name, mode, mark } = plan;
  const wanted = name.toLowerCase();
  const reset = context.variable('uid_reset');

  function identify(request: SiteRequest): void {
    const { main } = request;
    if (main.userIdSet !== undefined) return;
    const cookie = findCookie(cookieField(request.exchange.request.headers) ?? '', wanted);
    const got = cookie === undefined ? undefined : decode(request, cookie);
    if (got) main.userIdGot = `${name}=${hex(got)}`;
    if (mode === 'log') return;
    const resetBy = reset(request) ?? '';
    const isReset = got !== undefined && resetBy !== '' && resetBy !== '0';
    if (isReset && resetBy === 'log') request.log('notice', `userid cookie "${main.userIdGot}" was reset`);
    const isMarked = mark === undefined || cookie?.slice(textSize, textSize + 2) === `${mark}=`;
    if (got && !isReset && isMarked) return;
    const id = got && !isReset ? got : mode === 'v1' ? oldId(request, plan?.service) : newId(request, plan?.service);
    main.userIdSet = `${name}=${hex(id)}`;
  }

  return {
    step: (request) => {
      identify(request);
      return undefined;
    },
    filter: (request, reply) => {
      if (request.parent || mode === 'log') return reply;
      identify(request);
      const set = request.userIdSet;
      if (set === undefined) return reply;
      const id = bytesOf(set.slice(-2 * idSize))
        .toString('base64')
        .slice(0, textSize);
      const expiry = expires(plan, request.services.now());
      const parts = [`${name}=${id}${mark ?? '='}=`, ...expiry, ...attributes(plan)];
      const headers = reply.headers.with('set-cookie', parts.join('; '));
      return { ...reply, headers: plan.p3p === undefined ? headers : headers.with('p3p', plan.p3p) };
    },
  };
}

/** The id that a cookie names; its first 22 characters do, what follows is a mark or padding. */
function decode(request: SiteRequest, cookie: string): Buffer | undefined {
  if (cookie.length < textSize) {
    request.log('error', `client sent too short userid cookie "${cookie}"`);
    return undefined;
  }
  const text = cookie.slice(0, textSize);
  if (!/^[A-Za-z\d+/]+$/.test(text)) {
    request.log('error', `client sent invalid userid cookie "${cookie}"`);
    return undefined;
  }
  const id = Buffer.from(text, 'base64');
  // nginx takes it for none.
  return id.readUInt32LE(idSize - 4) === 0 ? undefined : id;
}

function attributes({ domain, path, flags }: UserIdPlan): readonly string[] {
  return [...(domain === undefined ? [] : [`domain=${domain}`]), `path=${path}`, ...flags];
}

function expires({ expires: seconds }: UserIdPlan, now: number): readonly string[] {
  if (seconds === undefined) return [];
  return [`expires=${seconds === 'max' ? 'Thu, 31-Dec-37 23:55:55 GMT' : cookieTime(now + seconds * 1000)}`];
}

/** Tells the ids of one thread from those of all others. */
const start = randomBytes(4).readUInt32LE();
let newSequence = 0x03030302;
let oldSequence = 1;

/** Four numbers: the service, by default the server's address; the time; what is the thread's own; and one that grows. */
function newId(request: SiteRequest, service: number | undefined): Buffer {
  const id = Buffer.alloc(idSize);
  if (service === undefined) id.set((parseAddress(request.exchange.connection.server.address) ?? id).slice(-4));
  else id.writeUInt32BE(service);
  id.writeUInt32BE(seconds(request), 4);
  id.writeUInt32BE(start, 8);
  id.writeUInt32BE(newSequence, 12);
  newSequence = newSequence > 0xfffffe00 ? 0x03030302 : newSequence + 0x100;
  return id;
}

/** As version 1 of the cookie has them. */
function oldId(request: SiteRequest, service = 0): Buffer {
  const id = Buffer.alloc(idSize);
  id.writeUInt32LE(service);
  id.writeUInt32LE(seconds(request), 4);
  id.writeUInt32LE(start, 8);
  id.writeUInt32LE(oldSequence, 12);
  oldSequence = oldSequence > 0xfffffe00 ? 1 : oldSequence + 0x100;
  return id;
}

function seconds({ services }: SiteRequest): number {
  return Math.floor(services.now() / 1000) % 2 ** 32;
}

/** As nginx logs ids: four numbers of the machine, little-endian. */
function hex(id: Buffer): string {
  return Buffer.from(id).swap32().toString('hex').toUpperCase();
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'hex').swap32();
}
