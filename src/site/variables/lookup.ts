import type { HeaderList } from '../../core/headers.ts';

/**
 * The value of an argument of a query, as it came: the first one of that name (lower-case), without regard to case. One without `=`
 * is none.
 */
export function findArgument(args: string, name: string): string | undefined {
  for (let at = 0; at < args.length; ) {
    const next = args.indexOf('&', at);
    const end = next < 0 ? args.length : next;
    const value = at + name.length + 1;
    if (value <= end && args[value - 1] === '=' && args.slice(at, value - 1).toLowerCase() === name) {
      return args.slice(value, end);
    }
    at = end + 1;
  }
  return undefined;
}

const cookieEnd = /[;,]/g;

/** The value of a cookie (name in lower case) of the Cookie fields, found as nginx finds it: names without regard to case, also behind a comma. */
export function findCookie(fields: string, name: string): string | undefined {
  for (let at = 0; at < fields.length; ) {
    let value = at + name.length;
    if (fields.slice(at, value).toLowerCase() === name) {
      value = afterSpaces(fields, value);
      if (fields[value] === '=') {
        value = afterSpaces(fields, value + 1);
        const end = fields.indexOf(';', value);
        return fields.slice(value, end < 0 ? fields.length : end);
      }
    }
    cookieEnd.lastIndex = at;
    if (!cookieEnd.test(fields)) return undefined;
    at = afterSpaces(fields, cookieEnd.lastIndex);
  }
  return undefined;
}

function afterSpaces(text: string, at: number): number {
  let end = at;
  while (text[end] === ' ') end++;
  return end;
}

/** Finds a field by the name that a variable has for it, with `_` for `-`: all of that name, joined. */
export function fieldFinder(variable: string): (headers: HeaderList) => string | undefined {
  const name = variable.replaceAll('_', '-');
  const separator = name === 'cookie' ? '; ' : ', ';
  return (headers) => {
    const all = headers.getAll(name);
    if (all.length === 0) return name === variable ? undefined : headers.get(variable);
    return all.length === 1 ? all[0] : all.join(separator);
  };
}
