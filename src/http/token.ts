/** Whether a text is a token (RFC 9110 §5.6.2): a name of a field, a charset and the like. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}
