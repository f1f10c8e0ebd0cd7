/** Whether a text is a host name as nginx's tables of names have it: `a.b`, `.a.b`, `*.a.b`, `a.*`. */
export function isHostPattern(text: string): boolean {
  const name = text.replace(/^(?:\*?\.)/, '').replace(/\.\*$/, '');
  return name !== '' && !name.includes('*') && !name.includes('..') && !name.startsWith('.');
}
