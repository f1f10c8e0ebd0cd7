/** Of names that are not known. */
export const anyMark: number = -1;

/**
 * One of 32 bits for a name, so that most names of a list have others than those that are looked for in it. `first`: its first byte,
 * lower-case.
 */
export function nameMark(length: number, first: number): number {
  return 1 << (2 * length + first);
}

/** The mark of a lower-case name. */
export function markOf(name: string): number {
  return nameMark(name.length, name.charCodeAt(0));
}
