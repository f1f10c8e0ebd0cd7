const upwards = /\/\.\.(?:\/|$)/;

/**
 * Whether a path stays below what the config says of it: its first `trustedLength` characters. An alias or a capture that ends or begins in the
 * middle of a name can else lead up (`/off../secret`, nginx's alias traversal). Names that begin with a dot are refused as well unless
 * `allowsDotfiles`, but for `/.well-known/` at the beginning of the request's path (RFC 8615). '' is no path.
 */
export function isAllowedPath(path: string, uri: string, trustedLength: number, allowsDotfiles: boolean): boolean {
  if (path === '' || path.includes('\0')) return false;
  // Where the config ends with a slash, that slash can begin such a name.
  const from = path.charCodeAt(trustedLength - 1) === 0x2f ? trustedLength - 1 : trustedLength;
  const dot = path.indexOf('/.', from);
  if (dot < 0) return true;
  if (upwards.test(path.slice(from))) return false;
  return allowsDotfiles || (uri.startsWith('/.well-known/') && !uri.includes('/.', 1));
}
