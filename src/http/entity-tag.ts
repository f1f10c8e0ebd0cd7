/** A strong entity tag of a file from its facts, as nginx makes it: `"<mtime>-<size>"`, both hexadecimal. */
export function fileEntityTag(modifiedSeconds: number, size: number): string {
  return `"${modifiedSeconds.toString(16)}-${size.toString(16)}"`;
}

/** Whether two tags are the same octets, both strong (RFC 9110 §8.8.3.2). */
export function matchesStrongly(one: string, other: string): boolean {
  return one === other && one.startsWith('"');
}

/**
 * Whether a list of entity tags (If-Match, If-None-Match) names `tag`, compared weakly or strongly, or is `*`. What comes after something that
 * is no entity tag is not read. Takes time that grows with the list's length and no memory.
 */
export function listMatches(list: string, tag: string | undefined, comparison: 'weak' | 'strong'): boolean {
  if (list.trim() === '*') return true;
  if (tag === undefined || (comparison === 'strong' && !tag.startsWith('"'))) return false;
  const opaque = tag.startsWith('W/') ? tag.slice(2) : tag;
  for (let at = afterSeparators(list, 0); at < list.length; ) {
    const isWeak = list.startsWith('W/', at);
    const start = isWeak ? at + 2 : at;
    if (list[start] !== '"') return false;
    const end = list.indexOf('"', start + 1) + 1;
    if (end === 0) return false;
    const isSame = end - start === opaque.length && list.startsWith(opaque, start);
    at = afterSeparators(list, end);
    if (at === end && at < list.length) return false;
    if (isSame && (comparison === 'weak' || !isWeak)) return true;
  }
  return false;
}

function afterSeparators(list: string, from: number): number {
  let at = from;
  while (at < list.length && (list[at] === ' ' || list[at] === ',' || list[at] === '\t')) at++;
  return at;
}
