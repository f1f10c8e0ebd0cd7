import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { type NginxServing, serveWithGalley, serveWithNginx } from '../../support/nginx-serving.ts';
import { requires } from '../../support/requirements.ts';
import { until } from '../../support/until.ts';
import type { WireAnswer } from './answer-text.ts';
import { ask, blockOf, comparable, type Piece } from './comparison.ts';
import { makeFiles } from './files.ts';
import { RecordingUpstreams } from './recording-upstream.ts';

/** A piece of config whose locations ask `UPSTREAM0` to `UPSTREAM3`, or `DEAD`, where nobody is. */
export interface ProxyPiece extends Piece {
  /** Which connection a request comes in on is compared as well. */
  readonly comparesConnections?: boolean;
  /** How often upstreams are asked for each request, where some of it is after the answer. */
  readonly asks?: number;
}

interface Result {
  readonly answers: readonly WireAnswer[];
  readonly seen: string;
}

/** Serves all pieces with nginx and with Galley, before the same upstreams, and compares what they answer and what the upstreams are asked. */
export function compareProxiesWithNginx(title: string, pieces: readonly ProxyPiece[]): void {
  describe(title, { skip: requires('nginx') }, () => {
    let files: AppFolder;
    let upstreams: RecordingUpstreams;
    const both: NginxServing[] = [];

    before(async () => {
      files = await AppFolder.with({});
      await makeFiles(files);
      upstreams = await RecordingUpstreams.start(4);
      const http = upstreams.configured(pieces.map(blockOf).join('\n'));
      const config = { http, ports: pieces.length, folder: files.path };
      both.push(await serveWithNginx(config));
      both.push(await serveWithGalley(config));
    });

    after(async () => {
      await Promise.all(both.map((each) => each[Symbol.asyncDispose]()));
      await upstreams[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    });

    for (const [index, piece] of pieces.entries()) {
      it(`${piece.name}: ${piece.requests.length} requests`, async () => {
        const lines = piece.requests.map((request) => (typeof request === 'string' ? request : request[0]));
        const results: Result[][] = [];
        for (const serving of both) results.push(await resultsOf(serving, upstreams, index, lines, piece));
        const found = piece.requests.flatMap((request, at) => {
          const [line, difference, status] = typeof request === 'string' ? [request] : request;
          const [expected, actual] = asTexts(results[0]?.[at], results[1]?.[at]);
          const ours = results[1]?.[at]?.answers.at(-1)?.status ?? 0;
          if (difference === undefined)
            return expected === actual ? [] : `${shortened(line)}\n  nginx:  ${expected}\n  Galley: ${actual}`;
          if (ours !== status) return `${shortened(line)}\n  should be ${status}\n  Galley: ${actual}`;
          return expected === actual
            ? `${shortened(line)}\n  is the same although "${difference}" says that it differs`
            : [];
        });
        assert.equal(found.length, 0, `${found.length} differ:\n${found.join('\n')}`);
      });
    }
  });
}

/** One after another, so that what upstreams are asked is known for each. */
async function resultsOf(
  serving: NginxServing,
  upstreams: RecordingUpstreams,
  index: number,
  lines: readonly string[],
  { comparesConnections, asks = 0 }: ProxyPiece,
): Promise<Result[]> {
  upstreams.reset();
  const results: Result[] = [];
  for (const line of lines) {
    const answers = await ask(serving, index, line);
    await until(
      () => upstreams.hasAnswered && upstreams.seen.length >= asks,
      () => `${line}: ${JSON.stringify(upstreams.seen)}`,
    );
    const seen = upstreams.seen.map(({ server, connection, text }) => {
      return `${server}${comparesConnections ? `#${connection}` : ''} ${text}`;
    });
    upstreams.forget();
    const sorted = asks > 0 ? seen.sort() : seen;
    results.push({ answers, seen: sorted.join(' + ').replaceAll(String(serving.ports[index]), '54321') });
  }
  return results;
}

function asTexts(theirs: Result | undefined, ours: Result | undefined): [string, string] {
  const [expected, actual] = comparable(theirs?.answers ?? [], ours?.answers ?? []);
  return [`${expected}\n     asks ${theirs?.seen}`, `${actual}\n     asks ${ours?.seen}`];
}

function shortened(line: string): string {
  return JSON.stringify(line.slice(0, 150));
}
