import type { FileSystem } from './file-system.ts';

/** Whether nginx takes the path of an `include` for a pattern. */
export function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

/** The paths that a pattern fits, sorted, as glob(3): `*`, `?` and `[…]` fit no slash and no dot at the beginning of a name. */
export function glob(pattern: string, files: FileSystem): readonly string[] {
  let paths = [''];
  const [first, ...segments] = pattern.split('/');
  if (first !== '') return [];
  for (const segment of segments) {
    if (isPattern(segment)) {
      const expression = segmentExpression(segment);
      const fits = (name: string) => (segment.startsWith('.') || !name.startsWith('.')) && expression.test(name);
      paths = paths.flatMap((path) =>
        files
          .names(path === '' ? '/' : path)
          .filter(fits)
          .map((name) => `${path}/${name}`),
      );
    } else {
      const name = segment.replace(/\\(.)/g, '$1');
      paths = paths.map((path) => `${path}/${name}`);
    }
  }
  return paths.filter((path) => files.exists(path)).sort();
}

function segmentExpression(segment: string): RegExp {
  const source = segment.replace(/\\(.)|\*|\?|\[([!^]?)(\]?[^\]]*)\]|[^\w]/gsu, (match, escaped, negation, set) => {
    if (escaped !== undefined) return literal(escaped);
    if (match === '*') return '.*';
    if (match === '?') return '.';
    if (set) return `[${negation ? '^' : ''}${set.replace(/[\\\][^&|~]/g, '\\$&')}]`;
    return literal(match);
  });
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    // A range in the wrong order fits nothing.
    return /^(?!)/;
  }
}

function literal(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}
