import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { type NginxServing, serveWithGalley, serveWithNginx } from '../../support/nginx-serving.ts';
import { requires } from '../../support/requirements.ts';
import { answersIn, type WireAnswer } from './answer-text.ts';
import { askRaw } from './ask-raw.ts';
import type { DifferenceName } from './differences.ts';

/** A request to which both are to give the same answer, or one to which Galley gives another one on purpose, with this status. */
export type Compared = string | readonly [line: string, difference: DifferenceName, status: number];

/** A piece of config, on a port of its own, and what is asked of it. */
export interface Piece {
  readonly name: string;
  /** For the `http` block. */
  readonly http?: string;
  /** The inside of its `server` block; where it begins with `server`, whole blocks that listen on `LISTEN`. */
  readonly server: string;
  readonly requests: readonly Compared[];
}

/** Serves all pieces with nginx and with Galley, from the same files, and compares what they answer. */
export function compareWithNginx(
  title: string,
  pieces: readonly Piece[],
  makeFiles: (at: AppFolder) => Promise<void>,
): void {
  describe(title, { skip: requires('nginx') }, () => {
    let files: AppFolder;
    const both: NginxServing[] = [];

    before(async () => {
      files = await AppFolder.with({});
      await makeFiles(files);
      const config = { http: pieces.map(blockOf).join('\n'), ports: pieces.length, folder: files.path };
      both.push(await serveWithNginx(config));
      both.push(await serveWithGalley(config));
    });

    after(async () => {
      await Promise.all(both.map((each) => each[Symbol.asyncDispose]()));
      await files[Symbol.asyncDispose]();
    });

    for (const [index, { name, requests }] of pieces.entries()) {
      it(`${name}: ${requests.length} requests`, async () => {
        const found: string[] = [];
        for (const request of requests) {
          const [line, difference, status] = typeof request === 'string' ? [request] : request;
          const [theirs, ours] = await Promise.all(both.map((each) => ask(each, index, line)));
          const [expected, actual] = comparable(theirs ?? [], ours ?? []);
          if (difference === undefined) {
            if (expected !== actual) found.push(`${line}\n  nginx:  ${expected}\n  Galley: ${actual}`);
          } else {
            if (expected === actual) found.push(`${line}\n  is the same although "${difference}" says that it differs`);
            assert.equal(ours?.at(-1)?.status ?? 0, status, `${line}: ${actual}`);
          }
        }
        assert.equal(found.length, 0, `${found.length} differ:\n${found.join('\n')}`);
      });
    }
  });
}

/** The blocks of a piece; its port is the one of its number. */
export function blockOf({ http = '', server }: Piece, index: number): string {
  const servers = server.trimStart().startsWith('server {') ? server : `server { listen LISTEN; ${server} }`;
  return `${http} ${servers}`.replaceAll(/LISTEN(?!\d)/g, `LISTEN${index}`);
}

/** What a server answers on the port of a piece. */
export async function ask(serving: NginxServing, index: number, line: string): Promise<WireAnswer[]> {
  const { text, methods } = await askRaw(serving.ports[index] ?? 0, line);
  const { ports, own } = serving;
  // As long as what they stand for, which lengths tell.
  const plain = text.replaceAll(String(ports[index]), '54321').replaceAll(own.path, 'F'.repeat(own.path.length));
  return answersIn(plain, methods);
}

/** Both as texts, without what differs always: see the differences named `always`. */
export function comparable(theirs: readonly WireAnswer[], ours: readonly WireAnswer[]): [string, string] {
  const texts = [theirs, ours].map((answers, side) =>
    answers.map((answer, index) => {
      const other = (side === 0 ? ours : theirs)[index];
      return textOf(answer, other ?? answer);
    }),
  );
  return [texts[0]?.join(' ‖ ') ?? '', texts[1]?.join(' ‖ ') ?? ''];
}

const ownPage =
  /<hr><center>nginx|^<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta name="viewport"|^[3-5]\d\d [^\n]+\n([A-Z][^\n]+\n)?(Request [^\n]+\n)?$/;

function isOwnPage({ status, body }: WireAnswer): boolean {
  return status >= 300 && (body === '' || ownPage.test(body));
}

/** Whether both show pages of their own, or none of a request by HEAD. */
function areOwnPages(a: WireAnswer, b: WireAnswer): boolean {
  return isOwnPage(a) && isOwnPage(b) && (a.body === '') === (b.body === '');
}

const ofOwnPages = new Set([
  'content-type',
  'content-length',
  'retry-after',
  'content-encoding',
  'vary',
  'transfer-encoding',
]);

function textOf(answer: WireAnswer, other: WireAnswer): string {
  const { version, status, fields, body } = answer;
  const hasOwnPage = areOwnPages(answer, other);
  const isFramedOtherwise = isChunked(answer) !== isChunked(other);
  const date = fields.find(([name]) => name === 'date')?.[1];
  const shown = fields.flatMap(([name, value]) => {
    if (never.has(name) || (hasOwnPage && ofOwnPages.has(name)) || (isFramedOtherwise && framing.has(name))) return [];
    if ((name === 'connection' && value === 'keep-alive') || (name === 'allow' && status === 405)) return [];
    return `${name}: ${name === 'expires' && date ? untilExpiry(value, date) : value}`;
  });
  const text = [`${version} ${status}`, ...shown, hasOwnPage ? '' : JSON.stringify(body)].join('; ');
  const boundary = /multipart\/byteranges; boundary=(\w+)/.exec(text)?.[1];
  return boundary ? text.replaceAll(boundary, 'BOUNDARY') : text;
}

const never: ReadonlySet<string> = new Set(['server', 'date']);
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** An answer whose length was not known when it began. */
function isChunked({ fields }: WireAnswer): boolean {
  return !fields.some(([name]) => name === 'content-length');
}

/** A date after now, or before, in tens of seconds: both answer a moment apart. */
function untilExpiry(value: string, date: string): string {
  const seconds = (Date.parse(value) - Date.parse(date)) / 1000;
  return Number.isNaN(seconds) || Math.abs(seconds) > 1e6 ? value : `${Math.round(seconds / 10)}0 s`;
}
