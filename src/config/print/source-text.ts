const width = 110;

/** A value as the literal that a person would write: on one line where it fits, else one member a line. */
export function sourceText(value: unknown, indent = '', used = 0): string {
  const line = inline(value);
  if (indent.length + used + line.length <= width || !isNested(value)) return line;
  const inner = `${indent}  `;
  const members = Array.isArray(value)
    ? value.map((each) => sourceText(each, inner, 1))
    : Object.entries(value).map(
        ([key, each]) => `${keyText(key)}: ${sourceText(each, inner, keyText(key).length + 3)}`,
      );
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${members.map((each) => `${inner}${each},\n`).join('')}${indent}${close}`;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function inline(value: unknown): string {
  if (typeof value === 'string') return stringText(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  const members = Object.entries(value).map(([key, each]) => `${keyText(key)}: ${inline(each)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** In brackets the name `__proto__` is one like any other. */
function keyText(key: string): string {
  if (key === '__proto__') return "['__proto__']";
  return /^[A-Za-z_$][\w$]*$/.test(key) || /^(0|[1-9]\d{0,8})$/.test(key) ? key : stringText(key);
}

function stringText(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  const plain = escaped.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return plain.includes("'") && !plain.includes('"') ? `"${plain}"` : `'${plain.replaceAll("'", "\\'")}'`;
}
