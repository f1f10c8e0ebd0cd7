import type { Settings } from '../../plan/settings.ts';

/** A file of a listing. */
export interface ListedFile {
  /** Latin-1 of its bytes, as all texts here. */
  readonly name: string;
  readonly kind: 'directory' | 'file' | 'other';
  readonly modifiedSeconds: number;
  readonly size: number;
}

export interface Listing {
  /** A content-type. */
  readonly type: string;
  readonly text: string;
}

type Autoindex = NonNullable<Settings['autoindex']>;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Columns that a name has in HTML. */
const nameWidth = 50;

/** A listing as nginx writes it, byte for byte: folders first, by their bytes. `callback` is '' for JSON without a function around it. */
export function formatListing(
  files: readonly ListedFile[],
  { format, exactSize, localTime }: Autoindex,
  uri: string,
  callback: string,
  countsCharacters: boolean,
): Listing {
  const sorted = files.toSorted(compare);
  switch (format) {
    case 'html': {
      const rows = sorted.map((file) => htmlRow(file, exactSize, localTime, countsCharacters)).join('');
      return { type: 'text/html', text: htmlPage(escapeText(uri), rows) };
    }
    case 'xml': {
      const rows = sorted.map((file) => `${xmlElement(file)}\r\n`).join('');
      return { type: 'text/xml; charset=utf-8', text: `<?xml version="1.0"?>\r\n<list>\r\n${rows}</list>\r\n` };
    }
    case 'json':
    case 'jsonp': {
      const list = ['[', sorted.map(jsonObject).join(',\r\n'), ']'].filter((line) => line !== '').join('\r\n');
      if (callback === '') return { type: 'application/json', text: list };
      return { type: 'application/javascript', text: `/* callback */\r\n${callback}(${list});` };
    }
  }
}

function compare(one: ListedFile, other: ListedFile): number {
  const isFolder = one.kind === 'directory';
  if (isFolder !== (other.kind === 'directory')) return isFolder ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

function htmlPage(title: string, rows: string): string {
  return `<html>\r\n<head><title>Index of ${title}</title></head>\r\n<body>\r\n<h1>Index of ${title}</h1><hr><pre><a href="../">../</a>\r\n${rows}</pre><hr></body>\r\n</html>\r\n`;
}

function htmlRow(
  { name, kind, modifiedSeconds, size }: ListedFile,
  exactSize: boolean,
  localTime: boolean,
  countsCharacters: boolean,
): string {
  const isFolder = kind === 'directory';
  const slash = isFolder ? '/' : '';
  const shown = countsCharacters ? Array.from(Buffer.from(name, 'latin1').toString()) : Array.from(name);
  const latin1 = (characters: readonly string[]): string =>
    countsCharacters ? Buffer.from(characters.join('')).toString('latin1') : characters.join('');
  const width = shown.length + slash.length;
  const text =
    width > nameWidth
      ? `${escapeText(latin1(shown.slice(0, nameWidth - 3)))}..&gt;</a>`
      : `${escapeText(name)}${slash}</a>${' '.repeat(nameWidth - width)}`;
  const sizeText = exactSize
    ? (isFolder ? '-' : String(size)).padStart(19)
    : (isFolder ? '-' : roundSize(size)).padStart(7);
  return `<a href="${escapeName(name)}${slash}">${text} ${listingDate(modifiedSeconds, localTime)} ${sizeText}\r\n`;
}

/** `01-Feb-2020 00:00`. */
function listingDate(seconds: number, isLocal: boolean): string {
  const date = new Date(seconds * 1000);
  // What the local clock shows, as if it were UTC.
  const shown = isLocal ? new Date(date.getTime() - date.getTimezoneOffset() * 60_000) : date;
  const two = (number: number): string => String(number).padStart(2, '0');
  const month = months[shown.getUTCMonth()] ?? '';
  return `${two(shown.getUTCDate())}-${month}-${shown.getUTCFullYear()} ${two(shown.getUTCHours())}:${two(shown.getUTCMinutes())}`;
}

function roundSize(size: number): string {
  if (size >= 1 << 30) return `${Math.round(size / (1 << 30))}G`;
  if (size >= 1 << 20) return `${Math.round(size / (1 << 20))}M`;
  return size > 9999 ? `${Math.round(size / 1024)}K` : String(size);
}

function xmlElement({ name, kind, modifiedSeconds, size }: ListedFile): string {
  const time = new Date(modifiedSeconds * 1000).toISOString().replace(/\.\d+/, '');
  const length = kind === 'file' ? ` size="${size}"` : '';
  return `<${kind} mtime="${time}"${length}>${escapeText(name)}</${kind}>`;
}

function jsonObject({ name, kind, modifiedSeconds, size }: ListedFile): string {
  const time = new Date(modifiedSeconds * 1000).toUTCString();
  const length = kind === 'file' ? `, "size":${size}` : '';
  return `{ "name":"${escapeJson(name)}", "type":"${kind}", "mtime":"${time}"${length} }`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** As nginx has it, which leaves `'` as it is: it stands in no attribute. */
function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '');
}

function escapeName(name: string): string {
  return name.replace(/[^A-Za-z0-9\-._~]/g, (character) => `%${hex(character)}`);
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

function escapeJson(text: string): string {
  return text.replace(/["\\\x00-\x1f]/g, (character) => shortEscapes[character] ?? `\\u00${hex(character)}`);
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
}
