import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { AppOptions } from '../app/options.ts';
import { webSocketLimits, webSocketTimeouts } from '../core/limits.ts';
import { inspect, serve } from './commands.ts';
import { controlCommands } from './control/control-commands.ts';
import { optionTable } from './option-table.ts';
import { type CommandLine, parseCommandLine } from './options.ts';
import type { ServeCommand, Source } from './serve-command.ts';

const surroundings = { currentFolder: '/srv/shop', cpus: 6 };

function parse(line: string): CommandLine {
  return parseCommandLine(line.split(' ').filter(Boolean), surroundings);
}

/** What the command line says of an app and its server. */
function served(line: string): Omit<ServeCommand, 'source'> & { readonly app: AppOptions } {
  const command = parse(line);
  assert.equal(command.kind, 'serve', JSON.stringify(command));
  const { source, ...rest } = (command as Extract<CommandLine, { kind: 'serve' }>).command;
  assert.equal(source.kind, 'app');
  return { ...rest, app: (source as Extract<Source, { kind: 'app' }>).app };
}

function message(line: string): string {
  const command = parse(line);
  assert.equal(command.kind, 'error', JSON.stringify(command));
  return (command as Extract<CommandLine, { kind: 'error' }>).message;
}

describe('parseCommandLine', () => {
  it('serves an app with the defaults', () => {
    assert.deepEqual(served('main:app'), {
      app: {
        name: 'main:app',
        target: 'main:app',
        directory: '/srv/shop',
        python: undefined,
        interface: 'auto',
        factory: false,
        lifespan: 'auto',
        rootPath: '',
        workers: { min: 6, max: 6, isAuto: true },
        threads: 4,
        concurrency: 20_000,
        queue: { maxRequests: 1_000, maxWaitMs: 30_000 },
        preload: 'auto',
        recycling: { maxRequests: 0, maxRequestsJitter: 0, maxRssBytes: 0, maxLifetimeMs: 0 },
        reloadSurge: 1,
        gracefulTimeoutMs: 30_000,
        reload: false,
        requestTimeoutMs: 60_000,
        environment: {},
      },
      proxies: [],
      tls: undefined,
      notes: [],
      binds: [{ kind: 'tcp', host: '127.0.0.1', port: 8000 }],
      areBindsDefault: true,
      trustedPeers: undefined,
      frontThreads: 1,
      gracefulTimeoutMs: 30_000,
      controlSocket: 'default',
      accessLog: 'combined',
      logLevel: 'info',
      webSocketLimits,
      webSocketTimeouts,
    });
  });

  it('reads every option of the app', () => {
    const line =
      '--app-dir sub --factory --interface wsgi --root-path /api/ --lifespan off --python env/bin/python -w 3 --threads 8 --timeout 1.5';
    assert.deepEqual(served(`shop.web:make ${line}`).app, {
      name: 'shop.web:make',
      target: 'shop.web:make',
      directory: '/srv/shop/sub',
      python: '/srv/shop/env/bin/python',
      interface: 'wsgi',
      factory: true,
      lifespan: 'off',
      rootPath: '/api',
      workers: { min: 3, max: 3, isAuto: false },
      threads: 8,
      concurrency: 20_000,
      queue: { maxRequests: 1_000, maxWaitMs: 30_000 },
      preload: 'auto',
      recycling: { maxRequests: 0, maxRequestsJitter: 0, maxRssBytes: 0, maxLifetimeMs: 0 },
      reloadSurge: 1,
      gracefulTimeoutMs: 30_000,
      reload: false,
      requestTimeoutMs: 1_500,
      environment: {},
    });
  });

  it('reads every option of the server, before the app too', () => {
    const { app, binds, accessLog, logLevel } = served(
      '--host ::1 --port=0 --access-log json --log-level debug --reload --graceful-timeout 5 main:app',
    );
    assert.deepEqual(binds, [{ kind: 'tcp', host: '::1', port: 0 }]);
    assert.deepEqual([accessLog, logLevel, app.reload, app.gracefulTimeoutMs], ['json', 'debug', true, 5_000]);
  });

  it('reads how many workers there may be', () => {
    assert.deepEqual(served('main:app -w 1-8').app.workers, { min: 1, max: 8, isAuto: false });
    assert.deepEqual(served('main:app --workers 3-3').app.workers, { min: 3, max: 3, isAuto: false });
    assert.deepEqual(served('main:app --workers auto').app.workers, { min: 6, max: 6, isAuto: true });
  });

  it('reads what waits for workers, and how they are replaced', () => {
    const line =
      '--queue-size 0 --queue-timeout 2.5 --concurrency 5 --preload never --max-requests 1000 --max-requests-jitter 50 --max-rss 512M --max-lifetime 12h --reload-surge 3';
    const { queue, concurrency, preload, recycling, reloadSurge } = served(`main:app ${line}`).app;
    assert.deepEqual(queue, { maxRequests: 0, maxWaitMs: 2_500 });
    assert.deepEqual([concurrency, preload, reloadSurge], [5, 'never', 3]);
    assert.deepEqual(recycling, {
      maxRequests: 1_000,
      maxRequestsJitter: 50,
      maxRssBytes: 512 * 1024 ** 2,
      maxLifetimeMs: 12 * 3_600_000,
    });
  });

  it('takes --limit-concurrency for --concurrency, and --request-timeout for --timeout', () => {
    const { concurrency, requestTimeoutMs } = served('main:app --limit-concurrency 9 --request-timeout 2').app;
    assert.deepEqual([concurrency, requestTimeoutMs], [9, 2_000]);
  });

  it('reads the number of front threads; auto is one per four CPUs, from 1 to 32', () => {
    assert.equal(served('main:app --front-threads 5').frontThreads, 5);
    const auto = (cpus: number): number => {
      const command = parseCommandLine(['main:app', '--front-threads', 'auto'], { ...surroundings, cpus });
      assert.ok(command.kind === 'serve');
      return command.command.frontThreads ?? 0;
    };
    assert.deepEqual([1, 7, 8, 64, 256].map(auto), [1, 1, 2, 16, 32]);
  });

  it('reads where the control socket is', () => {
    assert.deepEqual(served('main:app --control-socket run/c.sock').controlSocket, { path: '/srv/shop/run/c.sock' });
    assert.equal(served('main:app --control-socket off').controlSocket, 'off');
  });

  it('reads the limits of WebSockets', () => {
    const options = served('main:app --ws-max-size 1000 --ws-ping-interval 0 --ws-ping-timeout 2.5');
    assert.deepEqual(options.webSocketLimits, { ...webSocketLimits, maxMessageSize: 1000, maxFrameSize: 1000 });
    assert.deepEqual(options.webSocketTimeouts, { ...webSocketTimeouts, pingIntervalMs: 0, pingTimeoutMs: 2500 });
  });

  it('takes several addresses, and paths from the current folder', () => {
    assert.deepEqual(served('main:app -b :80 --bind [::1]:81 -b unix:run/a.sock -b/b.sock').binds, [
      { kind: 'tcp', host: '0.0.0.0', port: 80 },
      { kind: 'tcp', host: '::1', port: 81 },
      { kind: 'unix', path: '/srv/shop/run/a.sock' },
      { kind: 'unix', path: '/b.sock' },
    ]);
  });

  it('trusts the proxies of --forwarded-allow-ips, else those of FORWARDED_ALLOW_IPS', () => {
    const trusted = served('main:app --forwarded-allow-ips 10.0.0.0/8,unix:').trustedPeers;
    assert.deepEqual([trusted?.includes('10.1.1.1'), trusted?.includes('11.1.1.1')], [true, false]);
    assert.equal(trusted?.includesUnix, true);

    const withVariable = { ...surroundings, forwardedAllowIps: '::1' };
    for (const [argv, expected] of [
      [['main:app'], true],
      [['main:app', '--forwarded-allow-ips', '127.0.0.1'], false],
    ] as const) {
      const command = parseCommandLine(argv, withVariable);
      assert.ok(command.kind === 'serve');
      assert.equal(command.command.trustedPeers?.includes('::1'), expected);
    }
  });

  it('refuses a FORWARDED_ALLOW_IPS that it cannot read', () => {
    assert.deepEqual(parseCommandLine(['main:app'], { ...surroundings, forwardedAllowIps: '::1, proxy' }), {
      kind: 'error',
      message:
        'Cannot use FORWARDED_ALLOW_IPS "::1, proxy": "proxy" is neither an IP address, a network such as 10.0.0.0/8, unix: nor *',
    });
  });

  it('takes --chdir for --app-dir, and the last of an option that is repeated', () => {
    assert.equal(served('main:app --app-dir a --chdir b').app.directory, '/srv/shop/b');
    assert.equal(served('main:app -w4 -w 2').app.workers.min, 2);
  });

  it('starts one worker with --reload, unless a number is given', () => {
    assert.equal(served('main:app --reload').app.workers.min, 1);
    assert.equal(served('main:app --reload -w 2').app.workers.min, 2);
    assert.equal(served('main:app --reload -w auto').app.workers.min, 6);
  });

  it('turns the access log off with either spelling', () => {
    assert.equal(served('main:app --no-access-log').accessLog, 'off');
    assert.equal(served('main:app --access-log off').accessLog, 'off');
  });

  it('leaves a command name for Python as it is', () => {
    assert.equal(served('main:app --python python3.12').app.python, 'python3.12');
  });

  it('inspects an app, with the options that matter for it', () => {
    const command = parse('inspect shop.web:make --factory --app-dir sub --lifespan on --json');
    assert.ok(command.kind === 'inspect', JSON.stringify(command));
    const { target, directory, factory, lifespan } = command.app;
    assert.deepEqual([target, directory, factory, lifespan], ['shop.web:make', '/srv/shop/sub', true, 'on']);
    assert.equal(command.json, true);
  });

  it('serves an app of a module that is named as a command', () => {
    for (const name of ['inspect', 'status', 'top', 'stop']) {
      assert.equal(served(`${name}:app`).app.target, `${name}:app`);
      assert.equal(served(`--factory ${name}`).app.target, name);
    }
    assert.equal(served('shop').app.target, 'shop');
  });

  it('takes the commands for a running Galley', () => {
    for (const line of [
      'status --json',
      'top --pid 7',
      'reload --control c',
      'scale 1-8',
      'drain 3',
      'stop',
      'log-level warn',
    ]) {
      const command = parse(line);
      assert.ok(command.kind === 'control', JSON.stringify(command));
      assert.equal(command.name, line.split(' ')[0]);
    }
  });

  it('gives the help and the version, with or without an app', () => {
    assert.equal(parse('--help').kind, 'help');
    assert.equal(parse('main:app -h').kind, 'help');
    assert.equal(parse('--version').kind, 'version');
  });

  describe('refuses, naming the option, the value and what is allowed:', () => {
    const cases: Readonly<Record<string, string>> = {
      '': 'Which app? Write "galley MODULE:ATTR", such as "galley main:app"; "galley --help" tells more',
      'main:app other:app': 'Unexpected "other:app" after "main:app": galley takes one app',
      'app.py': 'Cannot serve "app.py": it takes a module, not a file. Write "app"',
      'main:app --prot 80': 'Unknown option --prot. Did you mean --port?',
      'main:app --worker 2': 'Unknown option --worker. Did you mean --workers?',
      'main:app --statsd-host x': 'Unknown option --statsd-host. "galley --help" lists all options',
      'main:app -z': 'Unknown option -z. "galley --help" lists all options',
      'main:app --port': '--port needs a value: it takes a whole number from 0 to 65535',
      'main:app --port --reload': '--port needs a value: it takes a whole number from 0 to 65535',
      'main:app --port 65536': 'Cannot use --port "65536": it takes a whole number from 0 to 65535',
      'main:app --port 80a': 'Cannot use --port "80a": it takes a whole number from 0 to 65535',
      'main:app --host a:80': 'Cannot use --host "a:80": it takes a host name or an IP address, without a port',
      'main:app -b 8000': 'Cannot use -b "8000": it takes HOST:PORT, :PORT, [IPV6]:PORT, unix:PATH or /PATH',
      'main:app -b :80 --port 81': 'Cannot use --port together with --bind: write the whole address with --bind',
      'main:app -w 0': 'Cannot use -w "0": it takes a whole number from 1 to 512, a range such as 1-8, or auto',
      'main:app -w 8-1': 'Cannot use -w "8-1": it takes a whole number from 1 to 512, a range such as 1-8, or auto',
      'main:app -w 0-4': 'Cannot use -w "0-4": it takes a whole number from 1 to 512, a range such as 1-8, or auto',
      'main:app -w 1-2-3': 'Cannot use -w "1-2-3": it takes a whole number from 1 to 512, a range such as 1-8, or auto',
      'main:app --preload --reload': '--preload needs a value: it takes one of auto, always, never',
      'main:app --front-threads 33': 'Cannot use --front-threads "33": it takes a whole number from 1 to 32, or auto',
      'main:app --reload-surge 0': 'Cannot use --reload-surge "0": it takes a whole number from 1 to 512',
      'main:app --control-socket=': 'Cannot use --control-socket "": it takes the path of a socket, or off',
      'main:app --max-rss 512':
        'Cannot use --max-rss "512": it takes a size such as 512M, 1G or 1073741824 bytes, at least 1M; or 0',
      'main:app --max-lifetime 31d':
        'Cannot use --max-lifetime "31d": it takes a number of seconds, or 30m or 12h, at most 30 days',
      'main:app --threads=': 'Cannot use --threads "": it takes a whole number from 1 to 1024',
      'main:app --timeout 5s': 'Cannot use --timeout "5s": it takes a number of seconds from 0 to 86400',
      'main:app --timeout 86401': 'Cannot use --timeout "86401": it takes a number of seconds from 0 to 86400',
      'main:app --interface asgi': 'Cannot use --interface "asgi": it takes one of auto, asgi3, asgi2, wsgi',
      'main:app --root-path api': 'Cannot use --root-path "api": it takes a path that begins with /',
      'main:app --python=': 'Cannot use --python "": it takes a text that is not empty',
      'main:app --forwarded-allow-ips ::1,10.0.0.0/33':
        'Cannot use --forwarded-allow-ips "::1,10.0.0.0/33": "10.0.0.0/33" is neither an IP address, a network such as 10.0.0.0/8, unix: nor *',
      'main:app --json': 'Unknown option --json. "galley --help" lists all options',
      'inspec main:app': 'Unknown command "inspec". Did you mean "galley inspect main:app"?',
      'scal 3': 'Unknown command "scal". Did you mean "galley scale 3"?',
      'main:app --pid 3': 'Unknown option --pid. "galley --help" lists all options',
      'status main:app': 'Unexpected "main:app": "galley status --help" tells what it takes',
      'status --pid 1 --control c': 'Cannot use --pid together with --control: each says which Galley is meant',
      'stop --json': 'Unknown option --json. "galley stop --help" lists all options',
      'scale 2 3': 'Unexpected "3": "galley scale --help" tells what it takes',
      'scale 8-1':
        'Cannot use "8-1" in "galley scale 8-1": it takes a whole number from 1 to 512, or a range such as 1-8',
      scale: '"galley scale" needs a word: write "galley scale NUMBER"; "galley scale --help" tells more',
      'drain all': 'Cannot use "all" in "galley drain all": it takes a whole number from 1 to 999999999',
      'log-level trace': 'Cannot use "trace" in "galley log-level trace": it takes one of error, warn, info, debug',
      inspect:
        'Which app? Write "galley inspect MODULE:ATTR", such as "galley inspect main:app"; "galley inspect --help" tells more',
      'inspect app.py': 'Cannot inspect "app.py": it takes a module, not a file. Write "app"',
      'inspect main:app --port 80': 'Unknown option --port. "galley inspect --help" lists all options',
      'main:app --reload=yes': '--reload takes no value, but "yes" was given',
    };
    for (const [line, expected] of Object.entries(cases)) {
      it(`galley ${line}`, () => assert.equal(message(line), expected));
    }
  });

  describe('--env-file', () => {
    let folder: string;

    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'galley-options-'));
    });

    after(() => rmSync(folder, { recursive: true }));

    it('gives its lines to the environment of the app', () => {
      writeFileSync(join(folder, '.env'), '# comment\nA=1\nexport B="two words"\nEMPTY=\n');
      const command = parseCommandLine(['main:app', '--env-file', '.env'], { currentFolder: folder, cpus: 1 });
      assert.ok(command.kind === 'serve');
      assert.deepEqual((command.command.source as Extract<Source, { kind: 'app' }>).app.environment, {
        A: '1',
        B: 'two words',
        EMPTY: '',
      });
    });

    it('says why it cannot be read', () => {
      assert.equal(message('main:app --env-file no.env'), 'Cannot read --env-file "no.env": the file does not exist');
      assert.equal(message(`main:app --env-file ${folder}`), `Cannot read --env-file "${folder}": it is a folder`);
    });
  });
});

for (const each of [serve, inspect, ...controlCommands]) {
  describe(`the help of "${each.call}"`, () => {
    const command = parse(each === serve ? '--help' : `${each.name} --help`);
    const text = command.kind === 'help' ? command.text : '';

    it('is at most 80 columns wide', () => {
      const tooWide = text.split('\n').filter((line) => line.length > 80);
      assert.deepEqual(tooWide, []);
    });

    it('names every option, its short form and its other name', () => {
      for (const name of each.options) {
        const { short, alias } = optionTable[name];
        for (const spelling of [`--${name}`, ...(short ? [`-${short}, `] : []), ...(alias ? [`--${alias}`] : [])]) {
          assert.ok(text.includes(spelling), spelling);
        }
      }
    });

    it('ends in examples that are command lines', () => {
      const examples = [...text.slice(text.indexOf('\nExamples:')).matchAll(/^ {2}galley (.*?)(?: {2,}|$)/gm)].map(
        (match) => match[1]!,
      );
      assert.ok(examples.length >= 3);
      for (const example of examples) {
        const parsed = parse(example);
        assert.equal(parsed.kind === 'control' ? parsed.name : parsed.kind, each.name, example);
      }
    });
  });
}
