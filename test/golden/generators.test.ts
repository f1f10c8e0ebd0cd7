import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { adaptNginxConf } from '../../src/config/nginx/adapt/adapt.ts';
import { readNginxConf } from '../../src/config/nginx/syntax/load.ts';
import type { AppFolder } from '../support/app-folder.ts';
import { requires } from '../support/requirements.ts';
import { ask, fieldsIn, type SeenAnswer } from './generators/answers.ts';
import { distributionCases } from './generators/distribution-cases.ts';
import type { GeneratorCase } from './generators/generator-case.ts';
import { nginxconfigCases } from './generators/nginxconfig-cases.ts';
import { type CaseServing, laidOut, served } from './generators/serving.ts';

interface Said {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** What is said of the config of a case. */
function loaded(root: AppFolder, lenient: boolean): Said {
  const prefix = root.file('etc/nginx');
  const { directives, diagnostics, files } = readNginxConf('nginx.conf', { prefix, lenient });
  const context = { prefix, configFolder: prefix, hostname: 'machine', isRoot: true, lenient, files };
  const all = [...diagnostics, ...adaptNginxConf(directives, context).diagnostics];
  const saying = (severity: string): string[] =>
    all.filter((each) => each.severity === severity).map(({ message }) => message);
  return { errors: saying('error'), warnings: saying('warning') };
}

/** The features that messages name, each with what needs it. */
function missingIn(messages: readonly string[]): Record<string, string[]> {
  const found = messages.map((message) => {
    const [, name = '', of, feature = message] =
      /^"(\w+)" (directive|of "listen") needs (.*), which Galley does not have yet$/.exec(message) ?? [];
    return { feature, needs: of === 'directive' ? name : `listen … ${name}` };
  });
  const missing = Object.entries(Object.groupBy(found, ({ feature }) => feature));
  return Object.fromEntries(
    missing.map(([feature, all = []]) => [feature, [...new Set(all.map(({ needs }) => needs))].sort()]),
  );
}

function describeCase(each: GeneratorCase): void {
  describe(each.name, () => {
    let root: AppFolder;
    let galley: CaseServing;
    before(async () => {
      root = await laidOut(each);
      galley = await served(root, 'galley');
    });
    after(async () => {
      await galley?.[Symbol.asyncDispose]();
      await root?.[Symbol.asyncDispose]();
    });

    it('lacks only the features that are named', () => {
      assert.deepEqual(missingIn(loaded(root, false).errors), each.missing);
    });

    it('loads with --lenient, which warns of the same', () => {
      const { errors, warnings } = loaded(root, true);
      assert.deepEqual(errors, []);
      assert.deepEqual(missingIn(warnings.filter((warning) => warning.endsWith('does not have yet'))), each.missing);
    });

    it(`answers ${each.requests.length} requests`, async () => {
      for (const [request, expected] of each.requests) {
        const { status, fields } = await ask(galley, request);
        const [expectedStatus, ...expectedFields] = expected.split(' | ');
        assert.equal(String(status), expectedStatus, request);
        assert.deepEqual(
          expectedFields.filter((field) => fieldsIn(fields).includes(field)),
          expectedFields,
          `${request}: ${fieldsIn(fields).join(' | ')}`,
        );
      }
    });

    // nginx has no apps.
    if (each.isOwn) return;

    it('answers as nginx does', { skip: requires('nginx') }, async () => {
      // What was asked before would count for limits.
      await using again = await served(root, 'galley');
      await using nginx = await served(root, 'nginx');
      const different: string[] = [];
      for (const [request] of each.requests) {
        const [ours, theirs] = [await ask(again, request), await ask(nginx, request)].map(comparable);
        if (ours !== theirs) different.push(`${request}\n  nginx:  ${theirs}\n  Galley: ${ours}`);
      }
      assert.deepEqual(different, [], different.join('\n'));
    });
  });
}

/** Without what differs always: pages of errors, the pixel, and how what is compressed is framed. */
function comparable({ status, fields, body }: SeenAnswer): string {
  const isPage = status >= 300 && !body.startsWith('<!doctype html><title>');
  const isCompressed = fields.some(([name]) => name === 'content-encoding');
  const kept = fields.filter(([name]) => !(isPage && ofPages.has(name)) && !(isCompressed && ofFraming.has(name)));
  const isSeen = !isPage && !isCompressed && !body.startsWith('GIF89a');
  return [String(status), ...fieldsIn(kept), isSeen ? JSON.stringify(body) : ''].join(' | ');
}

const ofPages: ReadonlySet<string> = new Set([
  'allow',
  'content-encoding',
  'content-length',
  'content-type',
  'retry-after',
  'transfer-encoding',
  'vary',
]);
const ofFraming: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

for (const each of [...distributionCases, ...nginxconfigCases]) describeCase(each);
