import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CommandLine, parseCommandLine } from './options.ts';

function parse(line: string): CommandLine {
  return parseCommandLine(line.split(' '), { currentFolder: '/srv', cpus: 2 });
}

function served(line: string): Extract<CommandLine, { kind: 'serve' }>['command'] {
  const command = parse(line);
  assert.equal(command.kind, 'serve', JSON.stringify(command));
  return (command as Extract<CommandLine, { kind: 'serve' }>).command;
}

describe('A URL in place of an app', () => {
  const urls: readonly (readonly [given: string, scheme: string, address: object, uri: string | undefined])[] = [
    ['http://127.0.0.1:3000', 'http', { kind: 'tcp', host: '127.0.0.1', port: 3000 }, undefined],
    ['HTTPS://app.example/v1', 'https', { kind: 'tcp', host: 'app.example', port: 443 }, '/v1'],
    ['http://[::1]/', 'http', { kind: 'tcp', host: '::1', port: 80 }, '/'],
    ['http://unix:/run/x.sock:/v1', 'http', { kind: 'unix', path: '/run/x.sock' }, '/v1'],
    ['unix:run/x.sock', 'http', { kind: 'unix', path: '/srv/run/x.sock' }, undefined],
  ];
  for (const [given, scheme, address, uri] of urls) {
    it(`reads ${given}`, () => {
      const { source } = served(given);
      assert.equal(source.kind, 'proxy');
      const { authority, ...url } = (source as Extract<typeof source, { kind: 'proxy' }>).url;
      assert.deepEqual(url, { scheme, address, uri });
    });
  }

  const wrong: readonly (readonly [given: string, message: string])[] = [
    ['http://', 'Cannot use "http://": the host is missing'],
    ['http://a:99999', 'Cannot use "http://a:99999": there is no port 99999: they go from 1 to 65535'],
    ['http://a b', 'Unexpected "b" after "http://a": galley takes one app'],
    [
      'http://me:x@a',
      'Cannot use "http://me:x@a": a URL holds no name and password here: the field "authorization" does',
    ],
    ['http://a/?b', 'Cannot use "http://a/?b": requests have a query of their own'],
    ['ws://a:80', 'Cannot use "ws://a:80": write "http://a:80", which takes WebSockets too'],
    ['ftp://a', 'Cannot use "ftp://a": it takes http:// or https://, not ftp://'],
    ['grpc://a', 'Cannot use "grpc://a": it takes http:// or https://, not grpc://'],
    ['localhost:3000', 'Cannot serve "localhost:3000": for a reverse proxy, write "http://localhost:3000"'],
    [':3000', 'Cannot serve ":3000": for a reverse proxy, write "http://127.0.0.1:3000"'],
  ];
  for (const [given, message] of wrong) {
    it(`refuses ${given}`, () => assert.deepEqual(parse(given), { kind: 'error', message }));
  }
});

describe('--proxy', () => {
  it('may be given several times, beside an app, a folder or a URL', () => {
    for (const target of ['main:app', './public', 'http://a']) {
      const { proxies } = served(`${target} --proxy /api=http://127.0.0.1:3000 --proxy /old/=unix:old.sock`);
      assert.deepEqual(
        proxies.map(({ path, url }) => [path, url.address, url.uri]),
        [
          ['/api', { kind: 'tcp', host: '127.0.0.1', port: 3000 }, undefined],
          ['/old/', { kind: 'unix', path: '/srv/old.sock' }, undefined],
        ],
      );
    }
  });

  const wrong: readonly (readonly [given: string, message: string])[] = [
    [
      'api=http://a',
      'Cannot use --proxy "api=http://a": it takes a path and a URL, such as /api=http://127.0.0.1:3000',
    ],
    ['/api', 'Cannot use --proxy "/api": it takes a path and a URL, such as /api=http://127.0.0.1:3000'],
    ['/api=3000', 'Cannot use --proxy "/api=3000": write "http://127.0.0.1:3000"'],
    ['/api=a:3000', 'Cannot use --proxy "/api=a:3000": write "http://a:3000"'],
    ['/=http://a', 'Cannot use --proxy "/=http://a": for / alone, write "galley http://a"'],
    ['/a?b=http://a', 'Cannot use --proxy "/a?b=http://a": a path holds neither spaces nor ? and #'],
  ];
  for (const [given, message] of wrong) {
    it(`refuses ${given}`, () => assert.deepEqual(parse(`./public --proxy ${given}`), { kind: 'error', message }));
  }

  it('refuses a path that is there twice, and a config beside it', () => {
    assert.match(JSON.stringify(parse('x:y --proxy /a=http://a --proxy /a=http://b')), /another --proxy is for \/a/);
    assert.match(JSON.stringify(parse('-c x.ts --proxy /a=http://a')), /Cannot use --proxy together with --config/);
  });
});
