import type { Expires } from '../plan/settings.ts';

const durationUnits: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 31_536_000_000],
  ['M', 2_592_000_000],
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/** `30s`, `1h 30m`; nginx's units. */
export const durationPattern: RegExp = /^\d+(ms|[smhdwMy])( ?\d+(ms|[smhdwMy]))*$/;

/** Milliseconds. Throws RangeError for what is no duration. */
export function parseDuration(text: string): number {
  if (!durationPattern.test(text)) throw new RangeError(`Not a time with its unit: "${text}"`);
  const units = new Map(durationUnits);
  return [...text.matchAll(/(\d+)([a-zA-Z]+)/g)].reduce(
    (sum, [, digits, unit = '']) => sum + Number(digits) * (units.get(unit) ?? 0),
    0,
  );
}

/** The largest units first, such as `1h 30m`; weeks and months are left out, since days say it as well. */
export function durationText(ms: number): string {
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, length] of durationUnits) {
    if (unit === 'M' || unit === 'w' || rest < length) continue;
    parts.push(`${Math.floor(rest / length)}${unit}`);
    rest %= length;
  }
  return parts.join(' ') || '0s';
}

const sizeUnits: readonly (readonly [unit: string, bytes: number])[] = [
  ['g', 1024 ** 3],
  ['m', 1024 ** 2],
  ['k', 1024],
];

export const sizePattern: RegExp = /^\d+[kmgKMG]?$/;

/** Bytes. Throws RangeError for what is no size. */
export function parseSize(given: string | number): number {
  if (typeof given === 'number') return given;
  if (!sizePattern.test(given)) throw new RangeError(`Not a size: "${given}"`);
  return Number.parseInt(given, 10) * (new Map(sizeUnits).get(given.slice(-1).toLowerCase()) ?? 1);
}

/** With the largest unit of which it is a multiple; a number where it is of none. */
export function sizeText(bytes: number): string | number {
  const unit = sizeUnits.find(([, length]) => bytes > 0 && bytes % length === 0);
  return unit === undefined ? bytes : `${bytes / unit[1]}${unit[0]}`;
}

const rateUnits: readonly (readonly [unit: string, seconds: number])[] = [
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
];

export const ratePattern: RegExp = /^[1-9]\d*\/[smh]$/;

/** Requests per second times 1000, rounded down as nginx does. Throws RangeError for what is no rate. */
export function parseRate(text: string): number {
  if (!ratePattern.test(text)) throw new RangeError(`Not a rate: "${text}"`);
  return Math.floor((Number.parseInt(text, 10) * 1_000) / (new Map(rateUnits).get(text.slice(-1)) ?? 1));
}

/** Undefined for a rate that cannot be said so. */
export function rateText(rate: number): string | undefined {
  const texts = rateUnits.map(([unit, seconds]) => `${Math.ceil((rate * seconds) / 1_000)}/${unit}`);
  return texts.find((text) => ratePattern.test(text) && parseRate(text) === rate);
}

const span = '\\d+(?:[smhdwMy]( ?\\d+[smhdwMy])*)?';

/** What nginx's `expires` takes, as one text; a number alone is of seconds. */
export const expiresPattern: RegExp = new RegExp(`^(epoch|max|(modified )?[+-]?${span}|@${span}|.*\\$.*)$`);

/** Throws RangeError for what nothing can be read from. */
export function parseExpires(text: string): Expires {
  const [, modified, rest = ''] = /^(modified )?(.*)$/s.exec(text) ?? [];
  const from = modified === undefined ? 'now' : 'modified';
  if (rest.includes('$')) return { kind: 'template', text: rest, from };
  if (!expiresPattern.test(text)) throw new RangeError(`Not a time: "${text}"`);
  if (rest === 'epoch' || rest === 'max') return { kind: rest };
  if (rest.startsWith('@')) return { kind: 'daily', seconds: seconds(rest.slice(1)) };
  const amount = seconds(rest.replace(/^[+-]/, ''));
  return { kind: 'after', from, seconds: rest.startsWith('-') ? -amount : amount };
}

export function expiresText(expires: Expires): string {
  switch (expires.kind) {
    case 'epoch':
    case 'max':
      return expires.kind;
    case 'daily':
      return `@${durationText(expires.seconds * 1_000)}`;
    case 'after': {
      const sign = expires.seconds < 0 ? '-' : '';
      return `${prefixOf(expires.from)}${sign}${durationText(Math.abs(expires.seconds) * 1_000)}`;
    }
    case 'template':
      return `${prefixOf(expires.from)}${expires.text}`;
  }
}

function prefixOf(from: 'now' | 'modified'): string {
  return from === 'modified' ? 'modified ' : '';
}

function seconds(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : parseDuration(text) / 1_000;
}
