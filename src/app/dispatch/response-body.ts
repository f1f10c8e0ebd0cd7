import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type BodySource, BodyStream } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';

/** Bytes of a file that a worker wants sent (frame.md, "Files"). */
export interface FilePart {
  readonly path: string | Buffer;
  readonly offset: number;
  readonly length: number;
}

/** Whom a {@link ResponseBody} tells how it fares. */
export interface ResponseSource {
  /** The reader took so many bytes that came in frames. */
  taken(bytes: number): void;
  /** The reader stopped before the end. */
  cancelled(): void;
  /** The file that was pushed is open here. */
  opened(): void;
  /** A file cannot be opened or is too short; the reader gets the same error. */
  broken(error: PeerError): void;
}

const readSize = 128 * 1024;

/** The body of an answer: bytes that come in frames, and parts of files that are read here, no faster than the reader takes them. */
export class ResponseBody implements BodySource {
  readonly stream: BodyStream = new BodyStream(this);
  readonly #source: ResponseSource;
  /** What came behind a file that is not read to its end. */
  #behind: (() => void)[] = [];
  #file: 'none' | 'pushed' | 'reading' = 'none';
  #isOver = false;
  #emptied: () => void = () => {};

  constructor(source: ResponseSource) {
    this.#source = source;
  }

  push(bytes: Uint8Array): void {
    this.#inTurn(() => this.stream.push(bytes));
  }

  pushFile(part: FilePart): void {
    this.#inTurn(() => {
      this.#file = 'pushed';
      void this.#send(part);
    });
  }

  end(): void {
    this.#inTurn(() => this.stream.end());
  }

  fail(error: PeerError): void {
    this.#stop();
    this.stream.fail(error);
  }

  wanted(): void {}

  taken(bytes: number): void {
    if (this.#file !== 'reading') this.#source.taken(bytes);
    if (this.stream.buffered === 0) this.#emptied();
  }

  cancelled(): void {
    this.#stop();
    this.#source.cancelled();
  }

  #inTurn(act: () => void): void {
    if (this.#file === 'none') act();
    else this.#behind.push(act);
  }

  #stop(): void {
    this.#isOver = true;
    this.#behind = [];
    this.#emptied();
  }

  async #send(part: FilePart): Promise<void> {
    let handle: FileHandle | undefined;
    try {
      handle = await openRegularFile(part.path);
      if (!this.#isOver) await this.#readFrom(handle, part);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const failure = new PeerError('app-response-invalid', `Cannot send "${String(part.path)}": ${reason}`);
      if (!this.#isOver) this.#source.broken(failure);
      this.fail(failure);
    } finally {
      await handle?.close();
    }
    this.#file = 'none';
    const behind = this.#behind;
    this.#behind = [];
    for (const act of behind) this.#inTurn(act);
  }

  async #readFrom(handle: FileHandle, { offset, length }: FilePart): Promise<void> {
    this.#source.opened();
    // The reader first takes what came before, so that what it takes from here on is the file's.
    await this.#whenEmpty();
    this.#file = 'reading';
    for (let at = 0; at < length && !this.#isOver; ) {
      const bytes = Buffer.allocUnsafeSlow(Math.min(readSize, length - at));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset + at);
      if (bytesRead === 0) throw new Error(`it ends ${length - at} bytes too early`);
      at += bytesRead;
      this.stream.push(bytes.subarray(0, bytesRead));
      await this.#whenEmpty();
    }
  }

  async #whenEmpty(): Promise<void> {
    while (this.stream.buffered > 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#emptied = resolve;
      });
    }
  }
}

/** Never waits for another process, as opening a pipe would. */
async function openRegularFile(path: string | Buffer): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await handle.stat();
    if (facts.isFile()) return handle;
    throw new Error('it is no regular file');
  } catch (error) {
    await handle.close();
    throw error;
  }
}
