import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PlanError } from '../compile-context.ts';
import { compilePattern } from './compile-pattern.ts';

/** As common configs have them. */
const usual: readonly string[] = [
  String.raw`\.php$`,
  String.raw`^/\.(?!well-known)`,
  String.raw`/\.(?!well-known\/)`,
  String.raw`/\.(?!well-known).*`,
  String.raw`^(?!.*\.php$)`,
  '^/api/(.*)$',
  '^/([^/]+)/([^/]+)/?$',
  String.raw`^(.+\.php)(/.+)$`,
  String.raw`[^/]\.php(/|$)`,
  '^/(.*)/(.*)$',
  String.raw`\.(?:css(\.map)?|js(\.map)?|jpe?g|png|gif|ico|cur|heic|webp|tiff?|mp3|m4a|aac|ogg|midi?|wav|mp4|mov|webm|mpe?g)$`,
  String.raw`(?:#.*#|\.(?:bak|conf|dist|fla|in[ci]|log|orig|psd|sh|sql|sw[op])|~)$`,
  String.raw`\.(engine|inc|install|po|sh|.*sql|tpl(\.php)?|yml)(~|\.sw[op]|\.bak)?$|^(\.(?!well-known).*|Entries.*|Root|web\.config)$|^#.*#$|\.php(~|\.orig)$`,
  '^/sites/.*/private/',
  String.raw`(^|/)\.`,
  String.raw`/vendor/.*\.php$`,
  String.raw`^(/[a-z\-]+)?/system/files/`,
  String.raw`^/(?:wp-admin|wp-includes)/(?!js/tinymce)[^/]+\.php$`,
  String.raw`^/wp-content/plugins/.+\.(txt|log|md)$`,
  '(?i)(googlebot|bingbot|yandex|baiduspider|facebookexternalhit|twitterbot|linkedinbot|embedly|slackbot|W3C_Validator)',
  String.raw`^(?<user>[^.]+)\.example\.com$`,
  String.raw`^(www\.)?(?<domain>.+)$`,
  String.raw`^/download/(.*)/media/(.*)\..*$`,
  '(<|%3C).*script.*(>|%3E)',
  String.raw`^(.+)\.(\w+)\.(bmp|css|cur|gif|ico|jpe?g|m?js|png|svgz?|webp|webmanifest)$`,
  String.raw`^/(?:index|core/ajax/update|ocs/v[12]|status|updater/.+|ocs-provider/.+)\.php(?:$|/)`,
];

/** Slow with an engine that backtracks. */
const hostile: readonly string[] = [
  '(a+)+$',
  '^(a+)+$',
  '(a|aa)+$',
  '(a|a?)+$',
  '([a-zA-Z]+)*$',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(.*a){5}',
  '.*.*=.*',
  String.raw`\s+$`,
  String.raw`^(\w+\s?)*$`,
  String.raw`([^/]+/)*\.php`,
  '(x+x+)+y',
  'a*a*a*a*b',
  '(?:a?){7}a{7}',
  '([a-z]{1,6}-?){1,2}!',
];

const pieces = [
  'a',
  '/',
  '.',
  'a.',
  '/a',
  ' ',
  'x',
  '<script',
  '.php',
  '/sites/',
  '/vendor/',
  '#',
  '.sql',
  'aA',
  'a b ',
  '.a.',
  'bot',
  '~',
];
const subjects = pieces.flatMap((piece) => {
  const long = piece.repeat(8192).slice(0, 8192);
  return [
    long,
    `${long}\n\n`,
    `/${long}`,
    `${long.slice(0, -5)}.php`,
    `/wp-content/plugins/${long}`,
    `/updater/${long}`,
  ];
});

/** The least time of some tries in milliseconds: as many as it takes to be below `wanted`, since the machine has other work too. */
function leastTime(wanted: number, action: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 20 && least >= wanted; tries++) {
    const start = performance.now();
    action();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

function groups(source: string, text: string, ignoreCase = false): readonly (string | undefined)[] | undefined {
  const found = compilePattern(source, ignoreCase).match(text)?.groups;
  return found && Array.from(found);
}

describe('compilePattern', () => {
  it('takes the patterns of usual configs, and is done with 8 KiB in 5 ms', () => {
    for (const source of [...usual, ...hostile]) {
      const pattern = compilePattern(source, true);
      for (const subject of subjects) {
        const time = leastTime(5, () => pattern.match(subject));
        assert.ok(time < 5, `${source} took ${time} ms for ${subject.slice(0, 20)}…${subject.slice(-5)}`);
      }
    }
  });

  it('refuses what it cannot do in time, and says what to change', () => {
    for (const source of [
      '(?!.*x)y',
      '(.*a){20}',
      String.raw`(.+)\1`,
      '^((?!foo).)*$',
      '^[^/]*(?!.*x)/y',
      '.*+x',
      '^.*(?=.*a)b',
    ]) {
      assert.throws(
        () => compilePattern(source, false),
        /could take too long on hostile input: begin it with \^/,
        source,
      );
    }
  });

  it('refuses repeats that a text can be at many places of at once, and finds that out quickly', () => {
    const many = Array.from({ length: 20 }, (_, index) => `([a-z]{1,10}[a-z]{1,9})+[1${index}]$`).join('|');
    const words = Array.from({ length: 100 }, (_, index) => `${index % 10}${Math.floor(index / 10)}x`);
    for (const source of [
      String.raw`(?:[a-z0-9-]{1,63}\.?){1,15}$`,
      String.raw`^(?:[a-z0-9-]{1,63}\.?){1,15}$`,
      String.raw`([a-z]{0,10}){1,30}\w\b`,
      String.raw`\w{1,20}\d{1,20}\w{1,20}$`,
      '[a-z]{1,200}$',
      '(?:a?){30}a{30}',
      '^(.{1,30})+$',
      `${'.?'.repeat(200)}x$`,
      `${'([a-z]?)'.repeat(100)}[0-9]$`,
      `(${words.join('|')})*z$`,
      `(?:${'[a-z]?'.repeat(50)})*[0-9]$`,
      many,
    ]) {
      const time = leastTime(50, () => assert.throws(() => compilePattern(source, true), PlanError, source));
      assert.ok(time < 50, `${source} took ${time} ms`);
    }
  });

  it('takes repeats that a text can be at few places of, and is done with 8 KiB in 20 ms', () => {
    for (const source of [
      '^.{0,200}$',
      '^[a-z]{1,60}$',
      String.raw`^([a-z0-9-]{1,63}\.)+[a-z]{2,6}$`,
      String.raw`^(([0-9]{1,3}\.){3}[0-9]{1,3})$`,
      '^(.{1,15})+$',
      '([a-z]{1,8}[a-z]{1,7})+$',
      String.raw`(\w{1,5}){1,3}\b!`,
      String.raw`^/(\d{4})/(\d{2})/([\w-]{1,100})\.html$`,
    ]) {
      const pattern = compilePattern(source, true);
      for (const subject of [...subjects, `${'a'.repeat(8190)}!`, `${`${'a'.repeat(62)}.`.repeat(130)}com`]) {
        const time = leastTime(20, () => pattern.match(subject));
        assert.ok(time < 20, `${source} took ${time} ms for ${subject.slice(0, 20)}…${subject.slice(-5)}`);
      }
    }
  });

  it('is done with 8 KiB that match at their end in 20 ms', () => {
    const attack = String.raw`(;|<|>|'|"|\)|%0A|%0D|%22|%27|%3C|%3E|%00).*(/\*|union|select|insert|cast|set|declare|drop|update|md5)`;
    for (const [source, piece, end] of [
      [`${'.?'.repeat(18)}x$`, 'a', 'x'],
      [`${'([a-z]?)'.repeat(18)}[0-9]$`, 'a', '1'],
      ['(get|post|admin|login|user|index|home|file|wp)*z$', 'wp', 'z'],
      [`(?:${'[a-z]?'.repeat(18)})*[0-9]$`, 'a', '1'],
      ['(?:union.{1,50}select)', 'union', 'select'],
      [String.raw`base64_(en|de)code.{0,50}\(.*\)`, 'base64_encode', '()'],
      [attack, ';s', 'md5'],
    ] as const) {
      const pattern = compilePattern(source, true);
      const text = piece.repeat(8192 / piece.length) + end;
      assert.ok(pattern.test(text), source);
      const time = leastTime(20, () => pattern.match(text));
      assert.ok(time < 20, `${source} took ${time} ms`);
    }
  });

  it('takes long lists of words', () => {
    const list = Array.from({ length: 100 }, (_, index) => `${String.fromCharCode(97 + (index % 26))}${index}bot`).join(
      '|',
    );
    for (const source of [list, `(${list})`, `^.*(${list}).*$`, `(?:jpe?g|mp[34]?|${list})$`]) {
      assert.ok(compilePattern(source, true).test('/v99bot'), source.slice(0, 20));
    }
  });

  it('says that repeats with a limit are the reason where they are', () => {
    assert.throws(
      () => compilePattern(String.raw`\w{1,20}\d{1,20}$`, false),
      /, or use \+ and \* in place of \{n,m\}$/,
    );
    assert.throws(() => compilePattern(`${'.?'.repeat(200)}x$`, false), /, or leave out what repeats inside of /);
  });

  it('takes one that repeats much where a text can be at few places of it at once', () => {
    const pair = '[a-z]+=(?:[a-z]+|"[^"]*")';
    const list = compilePattern(`^(?:${pair}(?:;${pair})*)?(?:,[ \\t]*(?:${pair}(?:;${pair})*)?)*$`, false);
    assert.ok(list.test('for=a;by="b, c", for=d'));
    assert.ok(!list.test('for=a;by="b, c", for'));
  });

  it('has what PCRE has and JavaScript has not', () => {
    assert.deepEqual(groups('(?i)ABC', 'xabc'), ['abc']);
    assert.deepEqual(groups('a(?i)b(?-i)c', 'aBc'), ['aBc']);
    assert.deepEqual(groups('(a(?i)b)c', 'aBC'), undefined);
    assert.deepEqual(groups(String.raw`\Q.*\E+`, 'a.**'), ['.**']);
    assert.deepEqual(groups('[[:digit:][:punct:]]+', 'a1.2'), ['1.2']);
    assert.deepEqual(groups('[^[:^alpha:]]', '1a'), ['a']);
    assert.deepEqual(groups('[]a]+', 'x]a'), [']a']);
    assert.deepEqual(groups(String.raw`^a\h+\R`, 'a \t\r\n'), ['a \t\r\n']);
    assert.deepEqual(groups('^a(?#no)b$', 'ab'), ['ab']);
    assert.deepEqual(groups('(?x) a b # both', 'ab'), ['ab']);
    assert.deepEqual(groups(String.raw`^/foo\Kbar`, '/foobar')?.length, 1);
    assert.deepEqual(groups(String.raw`\A\x{61}\z`, 'a'), ['a']);
    assert.deepEqual(groups('^a{,2}$', 'a{,2}'), ['a{,2}']);
    assert.deepEqual(groups('^(?>a+)a', 'aaa'), undefined);
    assert.deepEqual(groups('^(?>a+)(b)', 'aab'), ['aab', 'b']);
    assert.deepEqual(groups(String.raw`^(?<q>['"])x\k<q>`, `'x'`), [`'x'`, "'"]);
  });

  it('knows lines as PCRE does: a dollar is before a final newline, a dot is all but a newline', () => {
    assert.ok(compilePattern(String.raw`\.php$`, false).test('/x.php\n'));
    assert.ok(!compilePattern(String.raw`\.php$`, false).test('/x.php\n\n'));
    assert.ok(!compilePattern(String.raw`\.php\z`, false).test('/x.php\n'));
    assert.ok(compilePattern('^a.b$', false).test('a\rb'));
    assert.ok(!compilePattern('^a.b$', false).test('a\nb'));
    assert.ok(compilePattern('(?m)^b$', false).test('a\nb\nc'));
    assert.ok(compilePattern('(a|ab)+x$', false).test('abx\n'));
  });

  it('works on bytes: text that is not ASCII has as many as UTF-8 gives it, and no case', () => {
    const wire = Buffer.from('/é').toString('latin1');
    assert.ok(compilePattern('^/é$', false).test(wire));
    assert.deepEqual(groups('^/(..)$', wire), [wire, wire.slice(1)]);
    assert.ok(!compilePattern('^/É$', true).test(wire));
    assert.ok(compilePattern(String.raw`^/\xc3\xa9$`, true).test(wire));
  });

  it('gives the named groups', () => {
    const pattern = compilePattern(String.raw`^(?P<sub>\w+)\.(?<domain>[^.]+)(?'top'\.x)?$`, false);
    assert.deepEqual(pattern.names, ['sub', 'domain', 'top']);
    assert.deepEqual({ ...pattern.match('a.b')?.named }, { sub: 'a', domain: 'b', top: undefined });
    assert.deepEqual({ ...compilePattern('(?<x>a+)+$', false).match('baa')?.named }, { x: 'aa' });
  });

  it('takes the match that begins first where alternatives have engines of their own', () => {
    const pattern = compilePattern('(a+)+x|^(?!b).|(c)', false);
    assert.deepEqual(pattern.match('caax')?.groups, ['c', undefined, undefined]);
    assert.deepEqual(pattern.match('baax')?.groups, ['aax', 'aa', undefined]);
    assert.deepEqual(pattern.match('bc')?.groups, ['c', undefined, 'c']);
  });

  it('tells what is wrong with a pattern as nginx does', () => {
    const cases: [string, string][] = [
      ['(', 'missing closing parenthesis in "("'],
      ['a)', 'unmatched closing parenthesis in "a)" at ")"'],
      ['[a', 'missing terminating ] for character class in "[a"'],
      ['*a', 'quantifier does not follow a repeatable item in "*a" at "*a"'],
      [
        '(?<n>a)(?<n>b)',
        'two named subpatterns have the same name (PCRE2_DUPNAMES not set) in "(?<n>a)(?<n>b)" at "b)"',
      ],
      ['\\', '\\ at end of pattern in "\\"'],
      ['\\y', 'unrecognized character follows \\ in "\\y" at "y"'],
      ['(?<=a+)b', 'lookbehind assertion is not fixed length in "(?<=a+)b" at "(?<=a+)b"'],
      ['\\1', 'reference to non-existent subpattern in "\\1" at "1"'],
    ];
    for (const [source, message] of cases) {
      assert.throws(() => compilePattern(source, false), new PlanError(`pcre2_compile() failed: ${message}`), source);
    }
  });

  it('refuses patterns that are too large, and never breaks', () => {
    assert.throws(() => compilePattern('('.repeat(10_000), false), /too deeply nested/);
    assert.throws(() => compilePattern('(?:(?:a{1000}){1000}){1000}b|(a+)+', false), PlanError);
    assert.throws(() => compilePattern('a{70000}', false), /number too big/);
    const piece = fc.constantFrom(
      ...'ab1.^$|*+?()[]{},-:<>=!\\/#&~\n é',
      '(?',
      '[:',
      '(?<a>',
      '\\Q',
      '\\x',
      '\\g',
      '\\k<a>',
      '{2}',
      '(?i)',
    );
    const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, text, (source, subject) => {
        try {
          compilePattern(source, true).match(subject);
        } catch (error) {
          assert.ok(error instanceof PlanError, `${source}: ${error}`);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
