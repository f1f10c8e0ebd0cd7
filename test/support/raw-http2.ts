import { frame, SETTINGS } from './http2-frames.ts';
import { RawClient } from './raw-client.ts';
import { until } from './until.ts';

/** A frame as a server sent it. */
export interface ReceivedHttp2Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** The fields of a request with that path, none of which depends on a table. */
export function requestFields(
  path: string,
  fields: readonly (readonly [name: string, value: string])[] = [],
  scheme = 'http',
): Buffer {
  const all = [[':method', 'GET'], [':scheme', scheme], [':authority', 'a.test'], [':path', path], ...fields] as const;
  return Buffer.from(all.map(([name, value]) => `\0${sized(name)}${sized(value)}`).join(''), 'latin1');
}

/** A client of HTTP/2 that sends exactly the frames it is told to and shows those it gets. */
export class RawHttp2 {
  readonly client: RawClient;

  private constructor(client: RawClient) {
    this.client = client;
  }

  /** Sends a preface, whose SETTINGS have that payload. */
  static async connect(port: number, settings: Uint8Array = Buffer.alloc(0)): Promise<RawHttp2> {
    const raw = new RawHttp2(await RawClient.connect(port));
    raw.client.send(preface);
    raw.send(SETTINGS, 0, 0, settings);
    return raw;
  }

  send(type: number, flags: number, stream: number, payload?: Uint8Array): void {
    this.client.socket.write(frame(type, flags, stream, payload));
  }

  /** All that came so far. */
  get frames(): ReceivedHttp2Frame[] {
    const bytes = Buffer.from(this.client.received, 'latin1');
    const frames: ReceivedHttp2Frame[] = [];
    for (let at = 0; at + 9 <= bytes.length; ) {
      const end = at + 9 + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      const [type = 0, flags = 0] = bytes.subarray(at + 3);
      frames.push({ type, flags, stream: bytes.readUInt32BE(at + 5), payload: bytes.subarray(at + 9, end) });
      at = end;
    }
    return frames;
  }

  of(type: number, stream?: number): ReceivedHttp2Frame[] {
    return this.frames.filter((each) => each.type === type && (stream === undefined || each.stream === stream));
  }

  /** Resolves with the nth frame of that type, counted from 1. */
  async sees(type: number, nth = 1): Promise<ReceivedHttp2Frame> {
    await until(
      () => this.of(type).length >= nth,
      () => `frame ${nth} of type ${type} in ${JSON.stringify(this.frames)}`,
    );
    return this.of(type)[nth - 1] as ReceivedHttp2Frame;
  }

  destroy(): void {
    this.client.destroy();
  }
}

function sized(text: string): string {
  return String.fromCharCode(text.length) + text;
}
