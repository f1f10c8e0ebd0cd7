import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { until } from './until.ts';

/** A GET request on a connection of its own whose answer stays open, or does not come yet. */
export class OpenRequest {
  readonly #request: ClientRequest;
  /** The status of the answer; 0 until it begins. */
  status = 0;
  /** What has come of the answer's body. */
  received = '';
  /** The answer is complete. */
  ended = false;
  /** Why the connection broke. */
  error: Error | undefined;

  constructor(url: string) {
    const failed = (error: Error): void => {
      this.error = error;
    };
    this.#request = get(url, { agent: false }, (answer: IncomingMessage) => {
      this.status = answer.statusCode ?? 0;
      answer.setEncoding('utf8').on('data', (text: string) => {
        this.received += text;
      });
      answer.on('end', () => {
        this.ended = true;
      });
      answer.on('error', failed);
    });
    this.#request.on('error', failed);
  }

  /** Leaves, as a client does whose program is ended. */
  destroy(): void {
    this.#request.destroy();
  }
}

/** Sends so many of the same request at once. */
export function openRequests(url: string, count: number): readonly OpenRequest[] {
  return Array.from({ length: count }, () => new OpenRequest(url));
}

/** Resolves when the condition holds for all of them; rejects where one breaks. */
export async function untilAll(
  requests: readonly OpenRequest[],
  condition: (request: OpenRequest) => boolean,
  what: string,
): Promise<void> {
  await until(
    () => {
      const broken = requests.find(({ error }) => error !== undefined);
      if (broken?.error) throw broken.error;
      return requests.every(condition);
    },
    () => `${what}: true of ${requests.filter(condition).length} of ${requests.length}`,
  );
}
