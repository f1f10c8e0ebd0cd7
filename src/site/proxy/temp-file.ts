import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A file that nobody else can open, and that is gone when it is closed. Throws the errors of the file system. */
export class TempFile {
  readonly #handle: FileHandle;
  #size = 0;
  #isClosed = false;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** `folder`: undefined for the system's; made where there is none. */
  static async open(folder: string | undefined): Promise<TempFile> {
    const path = join(folder ?? tmpdir(), `galley-${randomBytes(12).toString('hex')}`);
    const handle = await opened(path);
    try {
      await unlink(path);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new TempFile(handle);
  }

  /** Bytes that were appended, since it was rewound. */
  get size(): number {
    return this.#size;
  }

  /** What it holds is not needed any more: what is appended next takes its place. */
  rewind(): void {
    this.#size = 0;
  }

  async append(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, this.#size + at);
      at += bytesWritten;
    }
    this.#size += bytes.length;
  }

  /** So many bytes from there, or fewer where the file ends before. */
  async read(from: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(Math.min(length, this.#size - from));
    const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, from);
    return bytes.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#handle.close();
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx+', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await open(path, 'wx+', 0o600);
  }
}
