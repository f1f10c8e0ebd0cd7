import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { diagnosticText } from '../../diagnostic-text.ts';
import { dumpFiles } from './dump.ts';
import type { FileSystem } from './file-system.ts';
import { nginxDiagnosticLine } from './format-diagnostic.ts';
import { type NginxConf, type ReadOptions, readNginxConf } from './load.ts';
import type { Directive } from './tree.ts';

function fileSystemOf(files: Readonly<Record<string, string>>): FileSystem {
  return {
    readText: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('missing'), { code: 'ENOENT' });
      return text;
    },
    names: (folder) =>
      Object.keys(files)
        .filter((path) => posix.dirname(path) === folder)
        .map((path) => posix.basename(path)),
    exists: (path) => path in files,
  };
}

/** Reads `/etc/nginx/nginx.conf` of these files. */
function read(files: Readonly<Record<string, string>>, options: Partial<ReadOptions> = {}): NginxConf {
  return readNginxConf('conf/nginx.conf', { prefix: '/etc', fileSystem: fileSystemOf(files), ...options });
}

function readOne(text: string, options: Partial<ReadOptions> = {}): NginxConf {
  return read({ '/etc/conf/nginx.conf': text }, options);
}

function lines({ diagnostics }: NginxConf): readonly string[] {
  return diagnostics.map(nginxDiagnosticLine);
}

function hintFor(text: string): string | undefined {
  return readOne(text).diagnostics[0]?.hint;
}

function printed(directives: readonly Directive[]): string {
  return directives
    .map(({ name, args, block }) => {
      return `${[name, ...args.map(({ text }) => text)].join(' ')}${block ? `{${printed(block)}}` : ';'}`;
    })
    .join('');
}

describe('readNginxConf', () => {
  it('puts what is included in place of its include, patterns sorted, paths relative to the main file', () => {
    const { directives, diagnostics, files } = read({
      '/etc/conf/nginx.conf': 'events{} http { include sites/*; include /abs.conf; root b; }',
      '/etc/conf/sites/2': 'server { include inner.conf; }',
      '/etc/conf/sites/1': 'server { listen 1; }',
      '/etc/conf/inner.conf': 'listen 2;',
      '/abs.conf': '',
    });
    assert.deepEqual(diagnostics, []);
    assert.equal(printed(directives), 'events{}http{server{listen 1;}server{listen 2;}root b;}');
    assert.deepEqual(
      files.map(({ path }) => path),
      ['/etc/conf/nginx.conf', '/etc/conf/sites/1', '/etc/conf/sites/2', '/etc/conf/inner.conf', '/abs.conf'],
    );
  });

  it('dumps each file once, as nginx -T', () => {
    const { files } = read({
      '/etc/conf/nginx.conf': 'http { include a; include a; }',
      '/etc/conf/a': 'index b;\n',
    });
    assert.equal(
      dumpFiles(files),
      '# configuration file /etc/conf/nginx.conf:\nhttp { include a; include a; }\n# configuration file /etc/conf/a:\nindex b;\n\n',
    );
  });

  it('says that the main file is missing', () => {
    assert.deepEqual(lines(read({})), [
      'nginx: [emerg] open() "/etc/conf/nginx.conf" failed (2: No such file or directory)',
    ]);
  });

  it('takes a prefix with or without a slash at its end', () => {
    const files = { '/etc/conf/nginx.conf': 'include a;', '/etc/conf/a': '' };
    assert.deepEqual(read(files, { prefix: '/etc/' }), read(files, { prefix: '/etc' }));
    assert.deepEqual(lines(read(files, { prefix: '/etc/' })), []);
  });

  const failures: readonly (readonly [code: string, message: string])[] = [
    ['EACCES', 'open() "/etc/conf/a" failed (13: Permission denied)'],
    ['EISDIR', 'pread() "/etc/conf/a" failed (21: Is a directory)'],
    ['EIO', 'open() "/etc/conf/a" failed (EIO)'],
  ];
  for (const [code, message] of failures) {
    it(`tells of a file that cannot be read for ${code}`, () => {
      const { readText, ...others } = fileSystemOf({ '/etc/conf/nginx.conf': 'events {\n}\ninclude a;' });
      const fail = () => {
        throw Object.assign(new Error('failed'), { code });
      };
      const fileSystem = { ...others, readText: (path: string) => (path.endsWith('/a') ? fail() : readText(path)) };
      const [diagnostic] = read({}, { fileSystem }).diagnostics;
      assert.ok(diagnostic);
      assert.equal(nginxDiagnosticLine(diagnostic), `nginx: [emerg] ${message} in /etc/conf/nginx.conf:3`);
      assert.equal(diagnostic.at?.column, 9);
    });
  }

  it('takes directives of the command line first', () => {
    const conf = readOne('events{} user a;', { parameter: 'daemon off; user b;' });
    assert.equal(printed(conf.directives), 'daemon off;user b;events{}');
    assert.deepEqual(lines(conf), ['nginx: [emerg] "user" directive is duplicate in /etc/conf/nginx.conf:1']);
  });

  const parameters: readonly (readonly [parameter: string, message: string])[] = [
    ['nonsense on;', 'unknown directive "nonsense"'],
    ['daemon off', 'unexpected end of parameter, expecting ";"'],
    ['pid "a', 'unexpected end of parameter, expecting ";"'],
    ['events {', 'block directives are not supported in -g option'],
    ['events {}', 'block directives are not supported in -g option'],
    ['}', 'unexpected "}"'],
  ];
  for (const [parameter, message] of parameters) {
    it(`refuses -g '${parameter}'`, () => {
      assert.deepEqual(lines(readOne('events{}', { parameter })), [`nginx: [emerg] ${message} in command line`]);
    });
  }

  it('stops at files that include each other', () => {
    const conf = read({ '/etc/conf/nginx.conf': 'include a;', '/etc/conf/a': '\ninclude nginx.conf;' });
    assert.deepEqual(lines(conf), ['nginx: [emerg] "include" of "/etc/conf/nginx.conf" never ends in /etc/conf/a:2']);
  });

  it('has include for an entry where nginx knows none', () => {
    const { directives, diagnostics } = readOne('http { split_clients $a $b { include c; } }');
    assert.deepEqual(diagnostics, []);
    assert.equal(printed(directives), 'http{split_clients $a $b{include c;}}');
  });

  it('leaves out what is wrong and reads on', () => {
    const conf = readOne('http { gzpi on; server { root; listen 1; } sever { listen 2; nonsense; } }');
    assert.equal(printed(conf.directives), 'http{server{listen 1;}}');
    assert.equal(conf.diagnostics.length, 3);
  });
});

describe('directives that Galley does not have', () => {
  const text = 'http { otel_exporter { endpoint b; interval 1; } server { location / { fastcgi_pass a; root c; } } }';

  it('are errors, those within a block that is one not told of', () => {
    assert.deepEqual(lines(readOne(text)), [
      'nginx: [emerg] "otel_exporter" directive needs tracing, which Galley does not have yet in /etc/conf/nginx.conf:1',
      'nginx: [emerg] "fastcgi_pass" directive needs FastCGI, which Galley does not have yet in /etc/conf/nginx.conf:1',
    ]);
  });

  it('are warnings and dropped if lenient, and what would have answered leaves a mark', () => {
    const conf = readOne(text, { lenient: true });
    assert.deepEqual(
      conf.diagnostics.map(({ severity }) => severity),
      ['warning', 'warning'],
    );
    assert.equal(printed(conf.directives), 'http{server{location /{root c;}}}');
    const [http] = conf.directives;
    const location = http?.block?.[0]?.block?.[0];
    assert.deepEqual(
      [http, location].map((each) => each?.dropped?.map(({ name, isContent }) => [name, isContent])),
      [[['otel_exporter', false]], [['fastcgi_pass', true]]],
    );
  });

  it('are checked all the same', () => {
    assert.deepEqual(lines(readOne('http { server { fastcgi_index; } }', { lenient: true })), [
      'nginx: [emerg] invalid number of arguments in "fastcgi_index" directive in /etc/conf/nginx.conf:1',
    ]);
  });

  it('are not looked into where all in them is another language', () => {
    assert.equal(lines(readOne('mail { a { b; } "c" d e; }', { lenient: true })).length, 1);
  });
});

describe('hints', () => {
  const cases: readonly (readonly [text: string, hint: string])[] = [
    ['http { sever {} }', 'did you mean "server"?'],
    ['http { server { lisen 1; } }', 'did you mean "listen"?'],
    ['http { listen 1; }', 'it may stand in server'],
    ['root a;', 'it may stand in http, server, location or "if" of a location'],
    ['http { root a; root b; }', 'it is also in /etc/conf/nginx.conf:1'],
    ['http { server { root a\n index b; } }', 'a ";" seems to be missing after "a" of line 1'],
    ['http { root; }', 'it takes 1 argument; there are 0'],
    ['http { error_page 404; }', 'it takes 2 or more arguments; there is 1'],
    ['http { root a b; }', 'it takes 1 argument; there are 2'],
    ['events a {}', 'it takes no arguments; there is 1'],
    ['daemon off {}', 'it has no block'],
    ['\ufeffevents {}', 'the file begins with a byte order mark; save it without'],
    ['http { server { location ~ a{2} { } } }', 'a pattern with "{" or "}" has to be quoted'],
    ['http { map $a $b { ~c{2} d; } }', 'a pattern with "{" or "}" has to be quoted'],
  ];
  for (const [text, hint] of cases) it(`has "${hint}"`, () => assert.equal(hintFor(text), hint));
});

describe('diagnosticText', () => {
  it('shows the line, what is meant on it, and the hint', () => {
    const [diagnostic] = readOne('http {\n\tserver { lisen\t80; }\n}\n').diagnostics;
    assert.ok(diagnostic);
    assert.equal(
      diagnosticText(diagnostic),
      [
        '/etc/conf/nginx.conf:2:11: error: unknown directive "lisen"',
        '     server { lisen 80; }',
        '              ^^^^^',
        '  did you mean "listen"?',
        '',
      ].join('\n'),
    );
  });

  it('marks no more than the line has, and shows no control characters', () => {
    const [diagnostic] = readOne('http { server { "li\x1bs\nn" 80; } }').diagnostics;
    assert.ok(diagnostic);
    assert.deepEqual(diagnosticText(diagnostic).split('\n').slice(0, 3), [
      '/etc/conf/nginx.conf:1:17: error: unknown directive "li\\x1bs\\x0an"',
      '    http { server { "li\\x1bs',
      '                    ^^^^^',
    ]);
  });

  it('needs no place', () => {
    const [diagnostic] = read({}).diagnostics;
    assert.ok(diagnostic);
    assert.equal(
      diagnosticText(diagnostic),
      'error: open() "/etc/conf/nginx.conf" failed (2: No such file or directory)\n',
    );
  });
});
