import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bunPath } from './bun.ts';

const script = fileURLToPath(new URL('./http3-requests.ts', import.meta.url));

export interface Http3Request {
  /** Pseudo-fields among them; null leaves one out. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  /** Of its body, in bytes. */
  readonly size?: number;
  /** Leaves once so many bytes of the answer came. */
  readonly leavesAfter?: number;
}

export interface Http3Answer {
  readonly status?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Interim answers: status and `link`. */
  readonly interim?: readonly string[];
  readonly trailers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Its beginning, latin-1. */
  readonly body: string;
  readonly length: number;
  readonly error?: string | undefined;
}

/** What comes of requests over one connection, and the SHA-256 of the server's certificate. Rejects where there is no connection. */
export async function askByHttp3(
  port: number,
  name: string,
  ...requests: readonly Http3Request[]
): Promise<{ readonly certificate: string; readonly answers: readonly Http3Answer[] }> {
  const args = [script, String(port), name, JSON.stringify(requests)];
  const { stdout } = await promisify(execFile)(bunPath ?? 'bun', args, { timeout: 15_000 });
  return JSON.parse(stdout);
}
