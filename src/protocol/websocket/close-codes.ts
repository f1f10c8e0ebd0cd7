/**
 * Whether a close frame may carry this code (RFC 6455 §7.4): the registered ones without those that only describe a
 * connection (1005, 1006, 1015) and the reserved 1004, and 3000 to 4999 for libraries and apps.
 */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}
