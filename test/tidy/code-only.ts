/** After these a `/` begins a regular expression; after anything else it divides. */
const beforeRegularExpression =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|throw|await|yield))\s*$/;

/**
 * TypeScript with the contents of comments, strings and regular expressions made blank: what is left is code. Offsets and
 * lines stay; code inside `${…}` stays too.
 */
export function codeOnly(text: string): string {
  let code = '';
  /** For each template literal that is open, how many braces are open in its `${…}`. */
  const templates: number[] = [];
  while (code.length < text.length) {
    const rest = text.slice(code.length);
    const depth = templates.at(-1);
    if (depth !== undefined && rest.startsWith('}') && depth === 0) {
      code += '}';
      code += templatePart(text, code.length, templates, true);
      continue;
    }
    const blank = /^(?:\/\/[^\n]*|\/\*[\s\S]*?\*\/)/.exec(rest)?.[0];
    if (blank !== undefined) {
      code += blanked(blank);
      continue;
    }
    const string = /^(?:'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")/.exec(rest)?.[0];
    if (string !== undefined) {
      code += `${string[0]}${blanked(string.slice(1, -1))}${string[0]}`;
      continue;
    }
    if (rest.startsWith('`')) {
      code += '`';
      code += templatePart(text, code.length, templates, false);
      continue;
    }
    const expression = /^\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//.exec(rest)?.[0];
    if (expression !== undefined && beforeRegularExpression.test(code.slice(-40))) {
      code += `/${blanked(expression.slice(1, -1))}/`;
      continue;
    }
    if (depth !== undefined && rest.startsWith('{')) templates[templates.length - 1] = depth + 1;
    if (depth !== undefined && rest.startsWith('}')) templates[templates.length - 1] = depth - 1;
    code += rest[0];
  }
  return code;
}

/** The literal part of a template from `start`, blank, up to and with its `${` or its end. */
function templatePart(text: string, start: number, templates: number[], resumed: boolean): string {
  const part = /^(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/.exec(text.slice(start))?.[0] ?? '';
  const end = start + part.length;
  const opens = text.startsWith('${', end);
  if (opens && !resumed) templates.push(0);
  if (!opens && resumed) templates.pop();
  return blanked(part) + (opens ? '${' : text.slice(end, end + 1));
}

function blanked(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}
