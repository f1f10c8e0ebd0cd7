import type { HeaderList } from '../../core/headers.ts';

/** Whether an answer's media type is one of those; its parameters do not count, nor does case. */
export type MediaTypeTest = (headers: HeaderList) => boolean;

/** `types` as nginx has them: `type/subtype`, or `*` for any answer that names its type. */
export function mediaTypeTest(types: readonly string[]): MediaTypeTest {
  if (types.includes('*')) return (headers) => headers.has('content-type');
  const wanted = new Set(types.map((type) => type.toLowerCase()));
  // Most answers of a location are of the same type as the one before.
  let last = '';
  let isWanted = false;
  return (headers) => {
    const field = headers.get('content-type');
    if (field === undefined) return false;
    if (field !== last) {
      last = field;
      isWanted = wanted.has(mediaType(field));
    }
    return isWanted;
  };
}

/** The media type of a content-type field without its parameters, lower-case. */
export function mediaType(field: string): string {
  const end = field.search(/[;, \t]/);
  return (end < 0 ? field : field.slice(0, end)).toLowerCase();
}
