/** Values as nginx writes them; undefined for what is none. */

/** A whole number that is not negative. */
export function parseNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Bytes: `10`, `8k`, `1m`. */
export function parseSize(text: string): number | undefined {
  return parseWithUnit(text, /^(\d{1,15})([kKmM]?)$/);
}

/** Bytes, which may be gigabytes too: nginx's offsets. */
export function parseOffset(text: string): number | undefined {
  return parseWithUnit(text, /^(\d{1,15})([kKmMgG]?)$/);
}

function parseWithUnit(text: string, pattern: RegExp): number | undefined {
  const [, digits, unit] = pattern.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Number(digits) * 1024 ** ' kmg'.indexOf(unit?.toLowerCase() || ' ');
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const times =
  /^(?:(\d+)y *)?(?:(\d+)M *)?(?:(\d+)w *)?(?:(\d+)d *)?(?:(\d+)h *)?(?:(\d+)m *)?(?:(\d+)s *)?(?:(\d+)ms *)?(\d+)?$/;
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
/** In seconds, as the groups of the pattern are; the last one is for a number without a unit. */
const units: readonly number[] = [365 * day, 30 * day, 7 * day, day, hour, minute, 1, 0.001, 1];
/** nginx's, and that of timers: 24.8 days in milliseconds. */
const most = 2 ** 31 - 1;

/** Milliseconds: `1h30m`, `500ms`; a number without a unit is of seconds. */
export function parseMilliseconds(text: string): number | undefined {
  const total = parseTime(text, 1000);
  return total !== undefined && total <= most ? total : undefined;
}

/** Seconds, where milliseconds may not be given. */
export function parseSeconds(text: string): number | undefined {
  const total = text.includes('ms') ? undefined : parseTime(text, 1);
  return total !== undefined && total <= most ? total : undefined;
}

function parseTime(text: string, perSecond: number): number | undefined {
  const match = text === '' ? null : times.exec(text);
  if (!match) return undefined;
  return units.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * Math.round(unit * perSecond), 0);
}
