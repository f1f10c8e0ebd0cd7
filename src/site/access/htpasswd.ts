/**
 * The hash of each user's password in a htpasswd file, latin-1: `user:hash`, and what follows another `:` is a comment. Of lines for
 * one user the first counts, as for nginx; lines that begin with `#` are comments.
 */
export function parseHtpasswd(text: string): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  for (const line of text.split(/[\r\n]+/)) {
    const [user = '', hash] = line.split(':', 2);
    if (!line.startsWith('#') && hash !== undefined && !hashes.has(user)) hashes.set(user, hash);
  }
  return hashes;
}
