/** Longest text that is taken, and most elements of a list. */
const maxText = 4_000;
const maxElements = 1_000;

/** JSON that is an object, or an empty one for any other text. */
export function parsedRecord(text: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** The value where it is an object, else an empty one. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, maxElements) : [];
}

/** The text, short enough; '' for what is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, maxText) : '';
}

/** The number; undefined for what is none. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
