import { Flag, FrameKind, Http2Code, Setting } from '../../../src/protocol/http2/codes.ts';
import { frame, numbers } from '../http2-frames.ts';
import { requestFields } from '../raw-http2.ts';

/**
 * What becomes of a connection that floods: it is told to be calm, it is ended by a timeout because it is slow, it is closed, or it is only
 * kept from costing more than its requests do.
 */
export type FloodEnd = 'calm' | 'slow' | 'closed' | 'harmless';

/** Frames of a client that means harm (http.md 281 to 286). */
export interface Http2Flood {
  readonly name: string;
  readonly end: FloodEnd;
  /** How many connections do it at a time; 2 unless said otherwise. */
  readonly connections?: number;
  /** The payload of the first SETTINGS. */
  readonly settings?: Buffer;
  /** What is sent once. */
  readonly begin?: Buffer;
  /** What is sent without end, counted from 0; nothing where it is left out. */
  readonly repeat?: (count: number) => Buffer;
  /** The pause between two of them, in milliseconds; none unless said otherwise. */
  readonly pauseMs?: number;
  /** Whether what the server sends is left unread. */
  readonly isDeaf?: boolean;
}

const { data, headers, continuation, resetStream, settings, ping, goaway, windowUpdate, priority, priorityUpdate } =
  FrameKind;
const whole = Flag.endHeaders | Flag.endStream;
// Without TLS this is taken as well.
const scheme = 'https';
const get = requestFields('/', [], scheme);
const getLarge = requestFields('/large.bin', [], scheme);
const head = Buffer.concat([field(':method', 'HEAD'), Buffer.from('\x84\x87\x01\x01a', 'latin1')]);
const post = postFields();
const postOfOne = postFields([['content-length', '1']]);

/** The stream of a client's request, counted from 0. */
const nth = (count: number): number => 2 * count + 1;
const gets = (count: number): Buffer => frame(headers, whole, nth(count), get);
const posts = (count: number): Buffer => frame(headers, Flag.endHeaders, nth(count), post);
const noWindow = setting(Setting.initialWindowSize, 0);

/** A field of 3000 bytes that goes into the table, and as many references to it as fit (RFC 7541 §7.3). */
const bomb = Buffer.concat([
  get,
  Buffer.from([0x40, 1, 0x61, 127, ((3_000 - 127) & 127) | 128, (3_000 - 127) >> 7]),
  Buffer.alloc(3_000, 'b'),
  Buffer.alloc(13_000, 0x80 | 62),
]);

/** 16 KiB that a section goes on with. */
const fill = Buffer.concat(Array.from({ length: 160 }, () => field('a', 'b'.repeat(98))));

function calm(name: string, repeat: (count: number) => Buffer, begin?: Buffer): Http2Flood {
  return { name, end: 'calm', repeat, ...(begin && { begin }) };
}

function madeYouReset(what: string, ...frames: ((id: number) => Buffer)[]): Http2Flood {
  return calm(`MadeYouReset: ${what}`, (count) => Buffer.concat(frames.map((make) => make(nth(count)))));
}

const posted = (id: number): Buffer => frame(headers, Flag.endHeaders, id, post);

/** Each of them with a stream that stays open, where they need one. */
export const http2Floods: readonly Http2Flood[] = [
  calm('Rapid Reset', (count) =>
    Buffer.concat([gets(count), frame(resetStream, 0, nth(count), numbers(Http2Code.cancel))]),
  ),
  madeYouReset('WINDOW_UPDATE of 0', posted, (id) => frame(windowUpdate, 0, id, numbers(0))),
  madeYouReset('a window that overflows', posted, (id) => frame(windowUpdate, 0, id, numbers(2 ** 31 - 1))),
  madeYouReset(
    'DATA behind the end',
    (id) => frame(headers, whole, id, getLarge),
    (id) => frame(data, 0, id, Buffer.alloc(1)),
  ),
  madeYouReset('PRIORITY of a wrong length', posted, (id) => frame(priority, 0, id, Buffer.alloc(4))),
  madeYouReset(
    'more than content-length',
    (id) => frame(headers, Flag.endHeaders, id, postOfOne),
    (id) => frame(data, Flag.endStream, id, Buffer.alloc(2)),
  ),
  madeYouReset('a malformed section', (id) => frame(headers, whole, id, Buffer.concat([get, field('X', 'y')]))),
  madeYouReset('trailers that end nothing', posted, (id) => frame(headers, Flag.endHeaders, id, field('x', 'y'))),
  calm('HEADERS without fields', (count) => frame(headers, whole, nth(count))),
  calm('CONTINUATION without end', () => frame(continuation, 0, 1, fill), frame(headers, Flag.endStream, 1, get)),
  calm('empty CONTINUATION', () => frame(continuation, 0, 1), frame(headers, Flag.endStream, 1, get)),
  calm('empty DATA', () => frame(data, 0, 1), posts(0)),
  calm('padded DATA', () => frame(data, Flag.padded, 1, Buffer.alloc(256, 255)), posts(0)),
  calm('SETTINGS', () => frame(settings, 0, 0)),
  calm('SETTINGS that change all windows', (count) => frame(settings, 0, 0, initialWindow(count % 2)), manyLarge()),
  calm('PING', () => frame(ping, 0, 0, Buffer.alloc(8))),
  { ...calm('PING, answers unread', () => frame(ping, 0, 0, Buffer.alloc(8))), isDeaf: true, end: 'closed' },
  calm('PRIORITY', (count) => frame(priority, 0, nth(count), Buffer.alloc(5))),
  calm('PRIORITY_UPDATE', (count) =>
    frame(priorityUpdate, 0, 0, Buffer.concat([numbers(nth(count)), Buffer.from('u=1')])),
  ),
  calm('GOAWAY', () => frame(goaway, 0, 0, Buffer.alloc(8))),
  calm('unknown frames', () => frame(0x99, 0, 0, Buffer.alloc(16))),
  {
    ...calm('windows that dribble', () => frame(windowUpdate, 0, 1, numbers(1)), frame(headers, whole, 1, getLarge)),
    settings: noWindow,
  },
  calm('streams above the limit', posts),
  calm('HPACK bombs', (count) => frame(headers, whole, nth(count), bomb)),
  { name: 'streams without windows', end: 'harmless', connections: 8, settings: noWindow, begin: manyLarge() },
  {
    name: 'answers that are not read',
    end: 'harmless',
    connections: 8,
    settings: setting(Setting.initialWindowSize, 2 ** 31 - 1),
    begin: Buffer.concat([frame(windowUpdate, 0, 0, numbers(2 ** 31 - 1 - 65_535)), manyLarge()]),
    isDeaf: true,
  },
  {
    name: 'heads that are not read',
    end: 'harmless',
    connections: 8,
    repeat: (count) => frame(headers, whole, nth(count), head),
    isDeaf: true,
  },
  {
    name: 'slow sections',
    end: 'slow',
    connections: 50,
    begin: frame(headers, Flag.endStream, 1, get),
    repeat: () => frame(continuation, 0, 1, Buffer.from([0])),
    pauseMs: 500,
  },
];

/** As many requests for much content as a connection may have under way. */
function manyLarge(): Buffer {
  return Buffer.concat(Array.from({ length: 128 }, (_, count) => frame(headers, whole, nth(count), getLarge)));
}

function postFields(fields: readonly (readonly [name: string, value: string])[] = []): Buffer {
  const all = [[':method', 'POST'], [':scheme', scheme], [':authority', 'a.test'], [':path', '/'], ...fields] as const;
  return Buffer.concat(all.map(([name, value]) => field(name, value)));
}

/** Without a table (RFC 7541 §6.2.2). */
function field(name: string, value: string): Buffer {
  const sized = (text: string): string => String.fromCharCode(text.length) + text;
  return Buffer.from(`\0${sized(name)}${sized(value)}`, 'latin1');
}

function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, id]), numbers(value)]);
}

function initialWindow(size: number): Buffer {
  return setting(Setting.initialWindowSize, size);
}
