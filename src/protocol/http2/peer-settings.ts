import { Http2Code, Setting } from './codes.ts';
import { Http2Error } from './http2-error.ts';

/** The largest window (RFC 9113 §6.9.1). */
export const maxWindow: number = 2 ** 31 - 1;

/** What a SETTINGS frame says of what matters to a server; undefined for what it does not say. */
export interface PeerSettings {
  readonly headerTableSize: number | undefined;
  /** The smallest that it was on the way (RFC 7541 §4.2). */
  readonly leastTableSize: number | undefined;
  readonly initialWindowSize: number | undefined;
  readonly maxFrameSize: number | undefined;
}

/** Reads `bytes[from, to)`, whose length is a multiple of 6. Throws Http2Error for what RFC 9113 §6.5.2 forbids. */
export function readSettings(bytes: Buffer, from: number, to: number): PeerSettings {
  let headerTableSize: number | undefined;
  let leastTableSize: number | undefined;
  let initialWindowSize: number | undefined;
  let maxFrameSize: number | undefined;
  for (let at = from; at < to; at += 6) {
    const value = bytes.readUInt32BE(at + 2);
    switch (bytes.readUInt16BE(at)) {
      case Setting.headerTableSize:
        headerTableSize = value;
        leastTableSize = Math.min(leastTableSize ?? value, value);
        break;
      case Setting.enablePush:
      case Setting.enableConnectProtocol:
      case Setting.noRfc7540Priorities:
        if (value > 1) throw new Http2Error(Http2Code.protocolError, 'Cannot use SETTINGS: a switch is not 0 or 1');
        break;
      case Setting.initialWindowSize:
        if (value > maxWindow) {
          throw new Http2Error(Http2Code.flowControlError, 'Cannot use SETTINGS: the initial window is too large');
        }
        initialWindowSize = value;
        break;
      case Setting.maxFrameSize:
        if (value < 16_384 || value > 16_777_215) {
          throw new Http2Error(Http2Code.protocolError, 'Cannot use SETTINGS: the frame size is out of its range');
        }
        maxFrameSize = value;
        break;
    }
  }
  return { headerTableSize, leastTableSize, initialWindowSize, maxFrameSize };
}
