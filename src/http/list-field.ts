import type { HeaderList } from '../core/headers.ts';

/** The elements of all fields of that name (lower-case) that is a list, empty ones left out (RFC 9110 §5.6.1). */
export function listElements(headers: HeaderList, name: string): string[] {
  return headers
    .getAll(name)
    .flatMap((value) => value.split(','))
    .map(trimmed)
    .filter((element) => element !== '');
}

/** Whether a list field has that element (lower-case), in any case. */
export function listsElement(headers: HeaderList, name: string, element: string): boolean {
  return listElements(headers, name).some((each) => each.toLowerCase() === element);
}

/** Without spaces and tabs around it, in linear time. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start++;
  while (end > start && isBlank(text, end - 1)) end--;
  return text.slice(start, end);
}

function isBlank(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t';
}
