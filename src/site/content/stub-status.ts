import { HeaderList } from '../../core/headers.ts';
import type { Content } from '../steps.ts';

/** The client connections of all front threads together. */
export interface ConnectionCounts {
  readonly accepted: number;
  readonly requests: number;
  readonly active: number;
  /** Of the active ones: those that wait for a request. */
  readonly waiting: number;
}

const headers = HeaderList.of([['content-type', 'text/plain']]);

/** nginx's `stub_status` page. What is neither waiting nor reading counts as writing; reading is not told apart from waiting. */
export function createStubStatus(counts: ConnectionCounts): Content {
  return () => {
    const { accepted, requests, active, waiting } = counts;
    const text =
      `Active connections: ${active} \nserver accepts handled requests\n ${accepted} ${accepted} ${requests} \n` +
      `Reading: 0 Writing: ${active - waiting} Waiting: ${waiting} \n`;
    return { status: 200, headers, body: Buffer.from(text) };
  };
}
