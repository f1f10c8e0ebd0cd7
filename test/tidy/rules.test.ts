import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileLength, fileNames, noConsole, noDefaultExport } from './file-shape.ts';
import { importDirections } from './import-directions.ts';
import { purity } from './purity.ts';
import { pythonImports } from './python-imports.ts';
import type { Rule } from './source-file.ts';
import { noOnly, noSleep, skipsHaveReasons } from './test-manners.ts';

interface Example {
  readonly path: string;
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

function describeRule(name: string, rule: Rule, examples: readonly Example[]): void {
  describe(name, () => {
    for (const { path, good, bad } of examples) {
      for (const text of good) {
        it(`allows ${JSON.stringify(text.slice(0, 70))} in ${path}`, () => assert.deepEqual(rule({ path, text }), []));
      }
      for (const text of bad) {
        it(`catches ${JSON.stringify(text.slice(0, 70))} in ${path}`, () => {
          const problems = rule({ path, text });
          assert.equal(problems.length, 1, problems.join('\n'));
          assert.ok(problems[0]?.startsWith(`${path}:`));
        });
      }
    }
  });
}

describeRule('importDirections', importDirections, [
  {
    path: 'src/front/a.ts',
    good: [
      "import { b } from './b.ts';",
      "import { b } from '../core/b.ts';",
      "import { readFile } from 'node:fs/promises';",
      "// import { b } from '../cli/b.ts';",
    ],
    bad: [
      "import { b } from '../cli/b.ts';",
      "import type { B } from '../server/b.ts';",
      "export * from '../server/b.ts';",
      "const b = await import('../server/b.ts');",
      "import '../server/b.ts';",
      "let b: import('../server/b.ts').B;",
      "import { until } from '../../test/support/until.ts';",
      "import { b } from '../index.ts';",
    ],
  },
  {
    path: 'src/upstream/a.ts',
    good: ["import type { B } from '../plan/b.ts';"],
    bad: ["import type { B } from '../site/b.ts';"],
  },
  {
    path: 'src/core/a.test.ts',
    good: ["import { until } from '../../test/support/until.ts';"],
    bad: ["import { b } from '../http/b.ts';", "import { c } from '../../test/tidy/code-only.ts';"],
  },
  {
    path: 'src/protocol/http1/a.ts',
    good: ["import { b } from '../../core/b.ts';"],
    bad: ["import { b } from '../../app/b.ts';"],
  },
  { path: 'src/index.ts', good: ["import { b } from './server/b.ts';"], bad: [] },
  { path: 'src/misc/a.ts', good: [], bad: [''] },
  { path: 'test/tidy/a.ts', good: ["import { b } from '../../src/cli/b.ts';"], bad: [] },
]);

describeRule('purity', purity, [
  {
    path: 'src/core/a.ts',
    good: [
      "import { b } from './b.ts';",
      "Buffer.from('process')",
      'new Date(0)',
      'options.performance + this.#process + peer.fetch()',
      'const table = { process: 1 };',
      '// Date.now',
      'processed(formattedDate)',
    ],
    bad: [
      "import { readFile } from 'node:fs/promises';",
      "import { x } from 'package';",
      "const x = await import('node:fs');",
      'process.env',
      'Date.now()',
      'new Date()',
      'new Date',
      'Math.random()',
      'setTimeout(f, 1)',
      'setInterval(f, 1)',
      'setImmediate(f)',
      'performance.now()',
      "fetch('x')",
      "console.log('x')",
      `\`$\{process.pid}\``,
    ],
  },
  { path: 'src/core/a.test.ts', good: ["import { it } from 'node:test';", 'Date.now()'], bad: [] },
  { path: 'src/front/a.ts', good: ['process.env'], bad: [] },
]);

describeRule('fileLength', fileLength, [
  {
    path: 'src/core/a.ts',
    good: ['\n'.repeat(500), `${'\n'.repeat(499)}x`],
    bad: ['\n'.repeat(501), `${'\n'.repeat(500)}x`],
  },
]);

describeRule('fileNames', fileNames, [
  { path: 'src/protocol/http1/request-head.test.ts', good: [''], bad: [] },
  { path: 'bin/galley.js', good: [''], bad: [] },
  { path: 'src/core/requestHead.ts', good: [], bad: [''] },
  { path: 'src/core/request_head.ts', good: [], bad: [''] },
  { path: 'src/Core/head.ts', good: [], bad: [''] },
  { path: 'workers/python/galley_worker/__init__.py', good: [''], bad: [] },
  { path: 'test/end-to-end/wsgi_app.py', good: [''], bad: [] },
  { path: 'workers/python/galley_worker/frame-reader.py', good: [], bad: [''] },
]);

describeRule('noDefaultExport', noDefaultExport, [
  {
    path: 'src/core/a.ts',
    good: ['export const a = 1;', "f('export default')"],
    bad: ['export default 1;', 'export { a as default };'],
  },
]);

describeRule('noConsole', noConsole, [
  { path: 'src/front/a.ts', good: ['log.info(a)', '// console.log(a)'], bad: ['console.log(a)', 'console.error(a)'] },
  { path: 'src/cli/a.ts', good: ['console.log(a)'], bad: [] },
  { path: 'scripts/a.ts', good: ['console.log(a)'], bad: [] },
]);

describeRule('noOnly', noOnly, [
  {
    path: 'src/core/a.test.ts',
    good: ["it('runs only once', f)"],
    bad: ["it.only('a', f)", "describe.only('a', f)", "test.only('a', f)", "it('a', { only: true }, f)"],
  },
]);

describeRule('skipsHaveReasons', skipsHaveReasons, [
  {
    path: 'src/core/a.test.ts',
    good: [
      "it('a', { skip: 'no wrk' }, f)",
      "it('a', { skip: !wrk && 'no wrk' }, f)",
      "t.skip('no wrk')",
      'stream.skip(4)',
    ],
    bad: ["it.skip('a', f)", "describe.skip('a', f)", "it.todo('a')", "it('a', { skip: true }, f)", 't.skip()'],
  },
]);

describeRule('noSleep', noSleep, [
  {
    path: 'test/end-to-end/a.test.ts',
    good: ['await until(() => done)', 'setTimeout(stop, 10)'],
    bad: [
      'await new Promise((resolve) => setTimeout(resolve, 100));',
      'await new Promise<void>((resolve) => {\n  setTimeout(resolve, 100);\n});',
      "import { setTimeout } from 'node:timers/promises';",
    ],
  },
  { path: 'test/support/until.ts', good: ['new Promise((resolve) => setTimeout(resolve, 5))'], bad: [] },
  { path: 'src/app/backoff.ts', good: ['new Promise((resolve) => setTimeout(resolve, 5))'], bad: [] },
]);

describeRule('pythonImports', pythonImports(new Set(['os', 'sys', 'asyncio', 'collections'])), [
  {
    path: 'workers/python/galley_worker/a.py',
    good: [
      'import os, sys as system',
      'from collections.abc import Callable',
      'from .frames import Frame',
      'from . import frames',
      'import galley_worker.frames',
      'try:\n    import uvloop\n',
      'import asyncio  # requests',
    ],
    bad: [
      'import requests',
      'import os, requests',
      '    from requests.sessions import Session',
      'from orjson import loads',
    ],
  },
  { path: 'workers/python/tests/test_a.py', good: ['import requests'], bad: [] },
]);
