import { request } from 'node:http';
import type { BenchCase } from './cases.ts';

const timeoutMs = 2_000;

/** Sends the case's request once and says what is wrong with the answer; undefined when it is right. */
export function probe(benchCase: BenchCase, port: number): Promise<string | undefined> {
  const { method, path, requestSize, answer } = benchCase;
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const outgoing = request({ host: '127.0.0.1', port, method, path, agent: false, timeout: timeoutMs }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      body += text;
    });
    response.on('error', (error) => resolve(error.message));
    response.on('end', () => {
      const right = response.statusCode === 200 && body.trimEnd() === answer;
      resolve(right ? undefined : `the answer is ${response.statusCode} ${JSON.stringify(body.slice(0, 200))}`);
    });
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
  outgoing.on('error', (error) => resolve(error.message));
  outgoing.end('x'.repeat(requestSize));
  return promise;
}
