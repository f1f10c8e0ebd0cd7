import { TempFile } from './temp-file.ts';

export interface ReadAheadOptions {
  /** Bytes that wait in memory at most. */
  readonly memory: number;
  /** Bytes that a file has at most; 0 for no file. Once it is full, it is read to its end before it is written to again. */
  readonly file: number;
  /** The file's folder. */
  readonly folder: string | undefined;
  /** Whether more may go to the file; it may where this is left out. */
  readonly spills?: () => boolean;
  /** A file cannot be written; what is read goes on through memory. */
  readonly failed: (error: Error) => void;
}

const pieceSize = 64 * 1024;

/**
 * A body that is taken from its source as fast as it comes, so that a slow reader does not hold the source: what nobody has read yet waits in
 * memory, and beyond that in a file. Where both are full the source waits.
 */
export class ReadAhead implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Uint8Array, unknown>;
  readonly #options: ReadAheadOptions;
  readonly #waiting: Uint8Array[] = [];
  #inMemory = 0;
  #file: TempFile | undefined;
  /** How much of the file was read. */
  #fileRead = 0;
  #canSpill: boolean;
  #isDone = false;
  #error: unknown;
  #isCancelled = false;
  #hasBegun = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  constructor(source: AsyncIterable<Uint8Array>, options: ReadAheadOptions) {
    this.#source = source[Symbol.asyncIterator]();
    this.#options = options;
    this.#canSpill = options.file > 0;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      void this.#fill();
    }
    for (;;) {
      const value = this.#takeWaiting() ?? (await this.#readFile());
      if (value) {
        this.#wakeWriter?.();
        return { done: false, value };
      }
      if (this.#isCancelled) break;
      // Meanwhile something may have come.
      if (this.#waiting.length > 0 || this.#unread > 0) continue;
      if (this.#isDone) break;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
    await this.#file?.close();
    if (this.#error !== undefined) throw this.#error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#isCancelled) {
      this.#isCancelled = true;
      this.#wakeReader?.();
      this.#wakeWriter?.();
      this.#waiting.length = 0;
      if (this.#isDone) await this.#file?.close();
      else void this.#source.return?.();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #fill(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#source.next();
        if (done || this.#isCancelled) break;
        await this.#keep(value as Uint8Array);
        this.#wakeReader?.();
      }
    } catch (error) {
      this.#error = error;
    }
    this.#isDone = true;
    this.#wakeReader?.();
    if (this.#isCancelled) await this.#file?.close();
  }

  /** What is in memory came before what is in the file: while something of that is unread, all that comes goes there. */
  async #keep(piece: Uint8Array): Promise<void> {
    while (!this.#isCancelled) {
      const isInOrder = this.#unread === 0;
      if (isInOrder) this.#rewind();
      const hasRoom = this.#inMemory === 0 || this.#inMemory + piece.length <= this.#options.memory;
      if (isInOrder && hasRoom) {
        this.#waiting.push(piece);
        this.#inMemory += piece.length;
        return;
      }
      const isRoom = this.#canSpill && (this.#file?.size ?? 0) + piece.length <= this.#options.file;
      if (isRoom && this.#options.spills?.() !== false) {
        if (await this.#spill(piece)) return;
        // Meanwhile the reader may have taken all there was, and would wake nobody.
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
    }
  }

  /** Bytes of the file that nobody has read yet. */
  get #unread(): number {
    return this.#file ? this.#file.size - this.#fileRead : 0;
  }

  /** All of the file was read. */
  #rewind(): void {
    this.#file?.rewind();
    this.#fileRead = 0;
  }

  async #spill(piece: Uint8Array): Promise<boolean> {
    try {
      this.#file ??= await TempFile.open(this.#options.folder);
      await this.#file.append(piece);
      return true;
    } catch (error) {
      this.#canSpill = false;
      this.#options.failed(error as Error);
      return false;
    }
  }

  #takeWaiting(): Uint8Array | undefined {
    const piece = this.#waiting.shift();
    this.#inMemory -= piece?.length ?? 0;
    return piece;
  }

  async #readFile(): Promise<Uint8Array | undefined> {
    const file = this.#file;
    if (!file || this.#unread === 0) return undefined;
    const piece = await file.read(this.#fileRead, pieceSize);
    this.#fileRead += piece.length;
    return piece;
  }
}
