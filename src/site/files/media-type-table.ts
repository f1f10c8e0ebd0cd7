/** The media type of a path by its extension, as nginx finds it: '' where there is none. */
export type MediaTypeOf = (path: string) => string;

/** `types` are by lower-case extension; what has none of these is of the type `fallback`. */
export function mediaTypeTable(types: Readonly<Record<string, string>>, fallback: string): MediaTypeOf {
  const byExtension = new Map(Object.entries(types).map(([name, type]) => [latin1(name).toLowerCase(), latin1(type)]));
  const other = latin1(fallback);
  return (path) => {
    const dot = path.lastIndexOf('.');
    // A name that begins with its only dot has no extension.
    if (dot < 1 || path[dot - 1] === '/' || path.indexOf('/', dot) >= 0) return other;
    return byExtension.get(path.slice(dot + 1).toLowerCase()) ?? other;
  };
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
