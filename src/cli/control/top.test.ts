import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { appStatus, FakeTarget, galleyStatus, workerStatus } from '../../../test/support/fake-control.ts';
import { PseudoTerminal } from '../../../test/support/pseudo-terminal.ts';
import { type OpenControl, openControl } from '../../server/control/control-server.ts';

const launcher = fileURLToPath(new URL('../../../bin/galley.js', import.meta.url));
const inAlternateScreen = /^\x1b\[\?1049h\x1b\[\?25l[\s\S]*\x1b\[\?25h\x1b\[\?1049l/;
const restored = { echoes: true, readsLines: true };

describe('galley top', () => {
  let folder: AppFolder;
  let target: FakeTarget;
  let control: OpenControl;
  let terminal: PseudoTerminal;

  beforeEach(async () => {
    folder = await AppFolder.with({});
    target = new FakeTarget();
    control = await openControl(target, { path: folder.file('4711.sock') });
    terminal = top(24, 100);
  });

  afterEach(async () => {
    terminal[Symbol.dispose]();
    await terminal.ended;
    await control.close();
    await folder[Symbol.asyncDispose]();
  });

  function top(
    rows: number,
    columns: number,
    environment: Readonly<Record<string, string>> = {},
    ...args: readonly string[]
  ): PseudoTerminal {
    return new PseudoTerminal([process.execPath, launcher, 'top', ...args], rows, columns, {
      GALLEY_RUNTIME_DIR: folder.path,
      NO_COLOR: undefined,
      ...environment,
    });
  }

  for (const [name, key] of [
    ['q', 'q'],
    ['Ctrl-C', '\x03'],
  ] as const) {
    it(`shows the status until ${name} is pressed, and leaves the terminal as it was`, async () => {
      await terminal.shows(/Galley 0\.1\.0, pid 4711[\s\S]*main:app[\s\S]*ready[\s\S]*q quits/);
      terminal.press(key);
      assert.deepEqual(await terminal.ended, { code: 0, ...restored });
      assert.match(terminal.output, inAlternateScreen);
    });
  }

  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    it(`leaves the terminal as it was on ${signal}`, async () => {
      await terminal.shows(/q quits/);
      terminal.signal(signal);
      assert.deepEqual(await terminal.ended, { code: 0, ...restored });
      assert.match(terminal.output, inAlternateScreen);
    });
  }

  it('leaves the terminal as it was when it fails itself', async () => {
    await terminal.shows(/q quits/);
    target.status = () => ({ ...galleyStatus(), apps: [undefined as never] });
    const { code, ...rest } = await terminal.ended;
    assert.notEqual(code, 0);
    assert.deepEqual(rest, restored);
    assert.match(terminal.output, inAlternateScreen);
    assert.match(terminal.output.split('\x1b[?1049l').at(-1) ?? '', /TypeError/);
  });

  it('shows what changes, and how many requests a second there were in between', async () => {
    await terminal.shows(/q quits/);
    target.current = galleyStatus({
      uptimeMs: 62_000,
      apps: [appStatus({ requests: 1_050, workers: [workerStatus({ requests: 1_040 })] })],
    });
    await terminal.shows(/Requests {2}1050, 25\.0\/s,[\s\S]* 20\.0\/s /);
  });

  it('fits the terminal, also when its size changes', async () => {
    const workers = Array.from({ length: 40 }, (_, index) => workerStatus({ id: index + 1 }));
    target.current = galleyStatus({ apps: [appStatus({ workers })] });
    await terminal.shows(/q quits/);
    assert.equal(terminal.screen.length, 24);
    terminal.resize(12, 40);
    await terminal.shows(/^Galley.*…\n/);
    assert.equal(terminal.screen.length, 12);
    assert.equal(terminal.screen.at(-1), 'q quits');
    assert.deepEqual(
      terminal.screen.filter((line) => line.length > 40),
      [],
    );
  });

  it('does not wait for the next status to fit a new size', async () => {
    const held = Promise.withResolvers<void>();
    let isFirst = true;
    const slow = createServer((_request, response) => {
      if (isFirst) response.end(JSON.stringify(target.current));
      else held.resolve();
      isFirst = false;
    }).listen(folder.file('slow.sock'));
    try {
      using other = top(24, 100, {}, '--control', folder.file('slow.sock'));
      await held.promise;
      other.resize(12, 40);
      await other.shows(/^Galley.*…\n[\s\S]*\nq quits$/);
    } finally {
      slow.closeAllConnections();
      slow.close();
    }
  });

  it('says so when the Galley ends, and goes on with the next one', async () => {
    await terminal.shows(/q quits/);
    await control.close();
    await terminal.shows(/Galley 4711 has ended; waiting for one\. q quits/);
    target.current = galleyStatus({ pid: 4712 });
    control = await openControl(target, { path: folder.file('4712.sock') });
    await terminal.shows(/pid 4712[\s\S]*\n\nq quits/);
  });

  it('has colours, but not with NO_COLOR', async () => {
    await terminal.shows(/q quits/);
    assert.match(terminal.output, /\x1b\[32m {2}ready/);
    using plain = top(24, 80, { NO_COLOR: '1' });
    await plain.shows(/q quits/);
    plain.press('q');
    await plain.ended;
    assert.doesNotMatch(plain.output, /\x1b\[\d+m/);
  });

  it('needs a Galley to begin with', async () => {
    await control.close();
    using other = top(24, 80);
    assert.deepEqual(await other.ended, { code: 1, ...restored });
    assert.match(other.output, /^galley: No Galley is running here/);
    control = await openControl(target, { path: folder.file('4711.sock') });
  });
});
