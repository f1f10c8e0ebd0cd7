import { RawClient } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';
import { answersIn } from './answer-text.ts';
import { requestOf } from './request-text.ts';

/** Sends what a line of a table stands for (see {@link requestOf}), and gives all that comes back until its answers are there. */
export async function askRaw(
  port: number,
  line: string,
): Promise<{ readonly text: string; readonly methods: readonly string[] }> {
  const { bytes, methods } = requestOf(line);
  const client = await RawClient.connect(port);
  client.send(bytes);
  await until(() => client.ended || client.closed || isComplete(client.received, methods), line);
  client.destroy();
  return { text: client.received, methods };
}

/** nginx waits for the rest of a body before it closes. */
function isComplete(text: string, methods: readonly string[]): boolean {
  try {
    const answers = answersIn(text, methods).filter(({ status }) => status >= 200);
    return answers.length === Math.max(methods.length, 1) && answers.every((answer) => answer.isFramed);
  } catch {
    return false;
  }
}
