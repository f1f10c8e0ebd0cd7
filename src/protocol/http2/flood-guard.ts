import type { Http2Limits } from '../../core/limits.ts';
import { Budget } from './budget.ts';
import { Http2Code } from './codes.ts';
import { Http2Error } from './http2-error.ts';

/** Requests and content that is sent let a client send this many control frames without end: a ping, windows. */
const earnedPerRequest = 2;
const earnedPerFrame = 2;
/** Where the client's windows cut content: as much for so many bytes, so that windows of a few bytes earn nothing. */
const bytesPerEarned = 512;
const mostEarned = 1000;
/** A change of so many windows is as much as a control frame. */
const streamsPerControl = 8;

/** Counts what costs us more than it costs the client (http.md 281 to 286). All throw Http2Error ENHANCE_YOUR_CALM where it is too much. */
export class FloodGuard {
  readonly #resets: Budget;
  readonly #controls: Budget;
  readonly #emptyFrames: Budget;
  #earned = 0;

  constructor(limits: Http2Limits) {
    this.#resets = new Budget(limits.resets);
    this.#controls = new Budget(limits.controls);
    this.#emptyFrames = new Budget(limits.emptyFrames);
  }

  reset(): void {
    if (!this.#resets.spend()) throw flood('streams are reset too often');
  }

  control(): void {
    if (this.#earned >= 1) this.#earned--;
    else if (!this.#controls.spend()) throw flood('there are too many control frames');
  }

  /** SETTINGS change the windows of so many streams, each of which may send then. */
  windows(streams: number): void {
    for (let left = streams; left >= streamsPerControl; left -= streamsPerControl) this.control();
  }

  emptyFrame(): void {
    if (!this.#emptyFrames.spend()) throw flood('there are too many empty frames');
  }

  request(): void {
    this.#earn(earnedPerRequest);
  }

  /** A frame of content was sent. `isCut`: there was more, but no window for it. */
  sent(size: number, isCut: boolean): void {
    this.#earn(isCut ? size / bytesPerEarned : earnedPerFrame);
  }

  grow(elapsedMs: number): void {
    this.#resets.grow(elapsedMs);
    this.#controls.grow(elapsedMs);
    this.#emptyFrames.grow(elapsedMs);
  }

  #earn(count: number): void {
    this.#earned = Math.min(mostEarned, this.#earned + count);
  }
}

/** The error of a connection that asks for too much. */
export function flood(reason: string): Http2Error {
  return new Http2Error(Http2Code.enhanceYourCalm, `Cannot go on: ${reason}`);
}
