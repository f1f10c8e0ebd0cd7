import { spawnSync } from 'node:child_process';

/** What Perl, whose regular expressions PCRE has, finds: the groups, 0 for the whole match; undefined for no match. */
export type PerlMatch = readonly string[] | undefined;

const program = `
  no warnings; use bytes;
  while (my $line = <STDIN>) {
    chomp $line;
    my ($pattern, $text) = map { pack('H*', $_) } split(/ /, $line, -1);
    my $found = eval {
      $text =~ /(?:$pattern)/ ? join(' ', 'm', map { unpack('H*', defined $-[$_] ? substr($text, $-[$_], $+[$_] - $-[$_]) : '') } 0..9) : 'n';
    };
    print defined $found ? $found : 'e', "\\n";
  }`;

/** Looks for each pattern in its text; both are latin-1 of bytes. Groups that did not match are ''. Throws where Perl refuses a pattern. */
export function perlMatches(cases: readonly (readonly [pattern: string, text: string])[]): PerlMatch[] {
  const input = cases
    .map((pair) => pair.map((each) => Buffer.from(each, 'latin1').toString('hex')).join(' '))
    .join('\n');
  const { stdout, status } = spawnSync('perl', ['-e', program], { input: `${input}\n`, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error('perl failed');
  const lines = stdout.toString().split('\n').slice(0, cases.length);
  return lines.map((line, index) => {
    if (line === 'e') throw new Error(`Perl refuses ${cases[index]?.[0]}`);
    const [kind, ...groups] = line.split(' ');
    return kind === 'm' ? groups.map((group) => Buffer.from(group, 'hex').toString('latin1')) : undefined;
  });
}
