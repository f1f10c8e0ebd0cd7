const name = '[\\p{L}_][\\p{L}\\p{N}_]*';
const dotted = `${name}(?:\\.${name})*`;
const target = new RegExp(`^${dotted}(?::${dotted})?$`, 'u');
const call = new RegExp(`^(${dotted}:${dotted})\\(\\)$`, 'u');
const file = new RegExp(`^(?:\\./)?(${name}(?:[./]${name})*)\\.py(:${dotted})?$`, 'u');

/**
 * What is wrong with a text that should say which app to serve, as the end of a sentence with what to write instead;
 * undefined where it is `MODULE` or `MODULE:ATTR`, both with dots for members.
 */
export function appTargetProblem(text: string): string | undefined {
  const [, path, attribute = ''] = file.exec(text) ?? [];
  if (path !== undefined) return `it takes a module, not a file. Write "${path.replaceAll('/', '.')}${attribute}"`;
  if (target.test(text)) return undefined;
  const [, factory] = call.exec(text) ?? [];
  if (factory !== undefined) return `a function that makes the app is written "${factory} --factory"`;
  return 'it takes MODULE:ATTR, such as main:app or shop.wsgi:application';
}
