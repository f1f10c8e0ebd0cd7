/** Below this length a loop is faster than a call. */
const callLength = 24;

/** Copies `from[start, end)` to that place and gives where it ends there. */
export function copyBytes(from: Buffer, start: number, end: number, to: Buffer, place: number): number {
  if (end - start >= callLength) return place + from.copy(to, place, start, end);
  let at = place;
  for (let index = start; index < end; ) to[at++] = from[index++] as number;
  return at;
}
