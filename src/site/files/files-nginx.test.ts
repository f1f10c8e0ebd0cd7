import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import {
  locations,
  makeFiles,
  methods,
  requests,
  targetsOfMethods,
  withFields,
} from '../../../test/support/file-requests.ts';
import { FilesStage, fileSettings } from '../../../test/support/files-stage.ts';
import { closeStages, stage } from '../../../test/support/front-stage.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { requires } from '../../../test/support/requirements.ts';
import { TcpNginx } from '../../../test/support/tcp-nginx.ts';

interface Answer {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  /** Latin-1. */
  readonly body: string;
}

/** Whose values are to be the same. */
const compared = [
  'content-type',
  'content-length',
  'content-range',
  'content-encoding',
  'etag',
  'last-modified',
  'accept-ranges',
  'vary',
  'location',
];

let folder: AppFolder;
let nginx: TcpNginx;
let port: number;

/** What differs from nginx on purpose, and why. */
const differences: readonly { readonly reason: string; readonly applies: (line: string) => boolean }[] = [
  {
    reason: 'dates are not looked at where there are entity tags (RFC 9110 §13.2.2); nginx wants both to hold',
    applies: (line) => /If-None-Match: "5.*If-Modified-Since: Tue|If-Match: "5.*If-Unmodified-Since/.test(line),
  },
  {
    reason: 'If-Unmodified-Since that is no date is as if it were not there (RFC 9110 §13.1.4)',
    applies: (line) => line.includes('If-Unmodified-Since: nonsense'),
  },
  {
    reason: 'a refused symbolic link is 403 also where it leads to a folder on the way; nginx says 404 there',
    applies: (line) => line.includes('/nolinks/linked/'),
  },
  {
    reason: 'a listing has nothing that a condition could be about',
    applies: (line) => line.includes('/json/ | If-None-Match'),
  },
];

async function ask(at: number, method: string, target: string, fields: readonly string[]): Promise<Answer> {
  const client = await RawClient.connect(at);
  const length = method === 'POST' || method === 'PUT' || method === 'PATCH' ? 'Content-Length: 0\r\n' : '';
  client.send(
    `${method} ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length}${fields.map((field) => `${field}\r\n`).join('')}\r\n`,
  );
  const all = await client.all();
  const end = all.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = all.slice(0, end).split('\r\n');
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const map = new Map(pairs);
  const raw = all.slice(end + 4);
  return {
    status: Number(statusLine.split(' ')[1]),
    fields: map,
    body: map.get('transfer-encoding') === 'chunked' ? unchunked(raw) : raw,
  };
}

function unchunked(text: string): string {
  let body = '';
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (!size) return body;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
}

/** What is compared, as text. The pages of statuses are Galley's own, the charset is added by a filter, and a boundary is by chance. */
function judged({ status, fields, body }: Answer, at: number, isListing: boolean): string {
  const hasOwnPage = status >= 300 && status !== 304;
  const own = hasOwnPage ? ['content-type', 'content-length'] : isListing ? ['content-length'] : [];
  const boundary = /boundary=(\S+)/.exec(fields.get('content-type') ?? '')?.[1];
  const known = compared.filter((name) => fields.has(name) && !own.includes(name));
  const lines = known.map(
    (name) => `${name}: ${fields.get(name)?.replace(`:${at}`, ':PORT').replace('; charset=utf-8', '')}`,
  );
  const text = [String(status), ...lines, hasOwnPage ? '' : body].join('\n');
  return boundary === undefined ? text : text.replaceAll(boundary, 'BOUNDARY');
}

describe('files as nginx serves them', { skip: requires('nginx') }, () => {
  before(async () => {
    folder = await AppFolder.with({});
    await makeFiles(folder.path);
    const root = `${folder.path}/www`;
    const blocks = locations.map(([prefix, text]) => `location ${prefix} { ${text.replaceAll('ROOT', root)} }`);
    const http = 'types { text/plain txt; text/html html; application/octet-stream bin; } default_type text/plain;';
    const user = process.getuid?.() === 0 ? 'user root;' : '';
    nginx = await TcpNginx.start(folder.path, http, `root ${root}; ${blocks.join(' ')}`, user);
  });

  after(async () => {
    await nginx[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function serve(): Promise<void> {
    const root = `${folder.path}/www`;
    const plans = locations.map(([prefix, , more]) => {
      const path = more.root?.path.replaceAll('ROOT', root);
      return [
        prefix,
        fileSettings(root, path === undefined ? more : { ...more, root: { path, isAlias: true } }),
      ] as const;
    });
    const files = new FilesStage(Object.fromEntries(plans));
    ({ port } = await stage((exchange) => files.handle(exchange)));
  }

  afterEach(closeStages);

  async function compare(method: string, target: string, fields: readonly string[]): Promise<string | undefined> {
    const [ours, theirs] = await Promise.all([
      ask(port, method, target, fields),
      ask(nginx.port, method, target, fields),
    ]);
    const isListing = theirs.fields.get('content-length') === undefined;
    const line = [method, target, ...fields].join(' | ');
    const [our, their] = [judged(ours, port, isListing), judged(theirs, nginx.port, isListing)];
    const difference = differences.find(({ applies }) => applies(line));
    if (our === their) return difference && `${line}: is no difference (${difference.reason})`;
    return difference ? undefined : `${line}\n--- ours\n${our.slice(0, 3000)}\n--- nginx\n${their.slice(0, 3000)}\n`;
  }

  async function compareAll(
    list: readonly (readonly [method: string, target: string, fields: readonly string[]])[],
  ): Promise<void> {
    await serve();
    const problems: string[] = [];
    for (const [method, target, fields] of list) {
      const problem = await compare(method, target, fields);
      if (problem !== undefined) problems.push(problem);
    }
    assert.equal(problems.join('\n'), '');
  }

  it(`${requests.length} paths`, () => compareAll(requests.map(([target]) => ['GET', target, []])));
  it(`${withFields.length} requests with fields`, () =>
    compareAll(withFields.map(([target, ...fields]) => ['GET', target, fields])));
  it('the same requests as HEAD', () => compareAll(withFields.map(([target, ...fields]) => ['HEAD', target, fields])));
  it(`${methods.length * targetsOfMethods.length} methods`, () =>
    compareAll(methods.flatMap((method) => targetsOfMethods.map((target) => [method, target, []] as const))));
});
