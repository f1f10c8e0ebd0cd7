import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { freePorts } from '../../support/free-ports.ts';
import { until } from '../../support/until.ts';
import { ConfigStage, testApp } from './config-stage.ts';

const preload = new URL('../../support/telling-resources.ts', import.meta.url).href;

/** What a process has, each sort with its number. */
type Possessions = Readonly<Record<string, number>>;

function counted(names: readonly string[]): Possessions {
  const groups = Object.groupBy(names, (name) => name);
  return Object.fromEntries(Object.entries(groups).map(([name, all]) => [name, all?.length ?? 0]));
}

/** The open descriptors of a process, by what they are; files by their paths. */
function descriptors(pid: number): Possessions {
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/\d+(\]|\.log)$/, '$1')];
    } catch {
      return [];
    }
  });
  return counted(links);
}

/** What keeps the event loop of Galley's main thread alive. */
async function resources(stage: ConfigStage): Promise<Possessions> {
  const file = stage.folder.file('resources');
  rmSync(file, { force: true });
  stage.galley.signal('SIGWINCH');
  await until(() => existsSync(file), 'Galley tells what it has');
  return counted(JSON.parse(readFileSync(file, 'utf8')));
}

/** All that could be left over. */
async function possessions(stage: ConfigStage): Promise<Possessions> {
  const { pid } = stage.galley;
  const names = readdirSync(stage.folder.path, { recursive: true, encoding: 'utf8' });
  return {
    ...descriptors(pid),
    ...(await resources(stage)),
    threads: readdirSync(`/proc/${pid}/task`).length,
    processes: stage.galley.processes().length,
    'socket files': names.filter((name) => name.endsWith('.sock')).length,
  };
}

/** What there is more of than before. */
function surplus(before: Possessions, after: Possessions): Possessions {
  const more = Object.entries(after).map(([name, number]) => [name, number - (before[name] ?? 0)] as const);
  return Object.fromEntries(more.filter(([, number]) => number > 0));
}

describe('galley, after 50 reloads', () => {
  for (const frontThreads of [1, 2]) {
    it(`has no more files, threads, timers and processes than before, with frontThreads ${frontThreads}`, async () => {
      const [port = 0, second = 0] = await freePorts(2);
      const text = (round: number): string => {
        const hasApp = round % 5 < 2;
        const app = testApp('process_wsgi_app:app', { threads: 1 + (round % 5) });
        return JSON.stringify({
          process: { frontThreads },
          apps: hasApp ? { app } : {},
          requestZones: { zone: { key: '$remote_addr', rate: '1000/s', memory: `${100 + round}k` } },
          servers: [
            {
              listen: [`127.0.0.1:${port}`, ...(round % 2 === 1 ? [`127.0.0.1:${second}`, `unix:./odd.socket`] : [])],
              accessLog: { to: `./access-${round}.log` },
              errorLog: { to: `./error-${round}.log` },
              rateLimit: { zone: 'zone', burst: 1_000 },
              locations: [
                { path: '/', respond: String(round) },
                { path: '= /file', files: './a.config.json' },
                ...(hasApp ? [{ path: '/app', app: 'app' }] : []),
              ],
            },
          ],
        });
      };
      await using stage = await ConfigStage.start({ 'a.config.json': text(0) }, [], (folder) => ({
        NODE_OPTIONS: `--import=${preload}`,
        GALLEY_TEST_RESOURCES: folder.file('resources'),
        TMPDIR: folder.path,
      }));
      const reload = async (round: number): Promise<void> => {
        await stage.folder.write('a.config.json', text(round));
        stage.galley.signal('SIGHUP');
        await stage.says(/the config was read again and is in use/, round);
        assert.equal(await stage.body('/'), String(round));
        for (const path of ['/file', '/app']) await stage.body(path);
      };
      let count = 0;
      // Once all that is made only once is there.
      while (count < 10) await reload(++count);
      await until(() => stage.galley.workers().length === 1, 'apps that are gone end');
      const before = await possessions(stage);
      while (count < 50) await reload(++count);
      let left: Possessions = {};
      await until(
        async () => {
          left = surplus(before, await possessions(stage));
          return Object.keys(left).length === 0;
        },
        () => `the end of ${JSON.stringify(left)}`,
      );
      assert.equal(await stage.galley.stop(), 0);
      await stage.galley.leavesNothing();
      assert.deepEqual(
        readdirSync(stage.folder.path).filter((name) => /^galley-|socket/.test(name)),
        [],
      );
    });
  }
});
