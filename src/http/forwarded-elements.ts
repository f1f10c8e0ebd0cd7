const comma = 0x2c;
const quote = 0x22;

/** What one hop wrote into Forwarded, '' where it wrote nothing of the kind. */
export interface ForwardedElement {
  readonly node: string;
  readonly scheme: string;
}

/**
 * The elements of a list (RFC 9110 §5.6.1), the last one first, at most so many. It is read from its end, where trusted
 * hops have added theirs, so that a quote which a client has left open before them hides nothing.
 */
export function elementsFromEnd(text: string, most: number): readonly string[] {
  const elements: string[] = [];
  let end = text.length;
  let isQuoted = false;
  for (let at = end - 1; at >= -1 && elements.length < most; at--) {
    const code = at < 0 ? comma : text.charCodeAt(at);
    if (code === quote && !isEscaped(text, at)) isQuoted = !isQuoted;
    if (code !== comma || (isQuoted && at >= 0)) continue;
    const element = text.slice(at + 1, end).trim();
    if (element !== '') elements.push(element);
    end = at;
  }
  return elements;
}

/**
 * Reads an element of Forwarded (RFC 7239 §4). Undefined where it is malformed, or says one thing twice: then a proxy has
 * let its client's text into its own.
 */
export function forwardedElement(text: string): ForwardedElement | undefined {
  const pair = /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^\s";]*)[ \t]*)?(?:;|$)/y;
  let node: string | undefined;
  let scheme: string | undefined;
  while (pair.lastIndex < text.length) {
    const match = pair.exec(text);
    if (!match) return undefined;
    const [, name = '', value = ''] = match;
    switch (name.toLowerCase()) {
      case 'for':
        if (node !== undefined) return undefined;
        node = unquoted(value);
        break;
      case 'proto':
        if (scheme !== undefined) return undefined;
        scheme = unquoted(value);
        break;
    }
  }
  return { node: node ?? '', scheme: scheme ?? '' };
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text[before] === '\\') before--;
  return (at - before) % 2 === 0;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}
