import { connect } from 'node:tls';
import { answersIn } from '../../end-to-end/nginx/answer-text.ts';
import { requestOf } from '../../end-to-end/nginx/request-text.ts';
import { RawClient } from '../../support/raw-client.ts';
import type { CaseServing } from './serving.ts';

/** One answer without what is different each time. */
export interface SeenAnswer {
  /** 0 where the connection was closed without one. */
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const ofEachAnswer: ReadonlySet<string> = new Set(['connection', 'date', 'keep-alive', 'server']);

/** Asks a server; `:443 ` before the request names a port of the config other than its first one. Ports are left out of the answer. */
export async function ask({ ports, tlsPorts }: CaseServing, request: string): Promise<SeenAnswer> {
  const [, named, line = ''] = /^(?::(\d+) )?(.*)$/.exec(request) ?? [];
  const listened = [...ports.keys()].filter((port) => port !== 443);
  const place = named === undefined ? (listened[0] ?? 443) : Number(named);
  const port = ports.get(place) ?? 0;
  const { bytes, methods } = requestOf(line);
  const text = tlsPorts.has(place) ? await askOverTls(port, bytes) : await askPlainly(port, bytes);
  const answer = answersIn(text.replaceAll(`:${port}`, ''), methods).at(-1);
  if (!answer) return { status: 0, fields: [], body: '' };
  const date = Date.parse(answer.fields.find(([name]) => name === 'date')?.[1] ?? '');
  const fields = answer.fields
    .filter(([name]) => !ofEachAnswer.has(name))
    .map(([name, value]) => [name, name === 'expires' ? untilExpiry(value, date) : value] as const);
  return { status: answer.status, fields, body: answer.body };
}

async function askPlainly(port: number, bytes: string): Promise<string> {
  const client = await RawClient.connect(port);
  client.send(bytes);
  return await client.all();
}

/** The name of the request's host is asked for. */
async function askOverTls(port: number, bytes: string): Promise<string> {
  const servername = /^host: ([^\r:]*)/im.exec(bytes)?.[1] ?? 'localhost';
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
  socket.write(bytes, 'latin1');
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) text += chunk;
  return text;
}

/** A date near now as seconds from now, to ten: two servers answer a moment apart, and `date` may be a second old. */
function untilExpiry(value: string, date: number): string {
  const seconds = Math.round((Date.parse(value) - date) / 10_000) * 10;
  return Number.isNaN(seconds) || Math.abs(seconds) > 1e8 ? value : `${seconds} s`;
}

/** The fields as lines. */
export function fieldsIn(fields: SeenAnswer['fields']): string[] {
  return fields.map(([name, value]) => `${name}: ${value}`);
}
