/** Urgency in the lowest three bits, incremental in the fourth (RFC 9218 §4). */
export type Priority = number;

export const defaultPriority: Priority = 3;

const incremental = 8;
// A member of a dictionary of RFC 8941 §3.2 with what may be its value, without the inner lists that no priority has.
const member =
  /[\t ]*([a-z*][a-z0-9_.*-]*)(?:=([\w*/:.!#$%&'+^`|~-]+|"(?:[ !#-[\]-~]|\\["\\])*"|:[\w+/=]*:|\?[01]))?(?:;[ ]*[a-z*][a-z0-9_.*-]*(?:=(?:[\w*/:.!#$%&'+^`|~-]+|"(?:[ !#-[\]-~]|\\["\\])*"|:[\w+/=]*:|\?[01]))?)*[\t ]*(?:,|$)/y;

export function urgencyOf(priority: Priority): number {
  return priority & 7;
}

export function isIncremental(priority: Priority): boolean {
  return (priority & incremental) !== 0;
}

/** What a `priority` field or PRIORITY_UPDATE says; the defaults where that is no dictionary, or for values that are none (RFC 9218 §4). */
export function parsePriority(text: string): Priority {
  let urgency = defaultPriority;
  let flag = 0;
  member.lastIndex = 0;
  while (member.lastIndex < text.length) {
    const match = member.exec(text);
    if (!match) return defaultPriority;
    const [, name, value] = match;
    if (name === 'u') urgency = value !== undefined && /^[0-7]$/.test(value) ? Number(value) : defaultPriority;
    else if (name === 'i') flag = value === undefined || value === '?1' ? incremental : 0;
  }
  return urgency | flag;
}
