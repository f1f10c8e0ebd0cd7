import { base, definitionsOf, type JsonSchema, ownProperties, similar } from './json-schema.ts';

/** The files, each with the types that it is made for: they and what they need, where no file before has it. */
const files: readonly (readonly [file: string, types: readonly string[]])[] = [
  ['user-upstreams.ts', ['Upstream']],
  ['user-proxies.ts', ['ProxyDefaults', 'ReverseProxy']],
  ['user-caches.ts', ['Cache', 'CacheUse']],
  ['user-settings.ts', [base]],
  ['user-tls.ts', ['Tls', 'SharedTls', 'Issuer', 'Hsts', 'RedirectToHttps']],
];

/** What is in no other file. */
const lastFile = 'user-config.ts';

/** The TypeScript types of a config, which editors show while one is written, as files by their names. */
export function typeFiles(schema: JsonSchema): Readonly<Record<string, string>> {
  const definitions = definitionsOf(schema);
  const names = Object.keys(definitions).sort();
  const places = new Map<string, string>();
  for (const [file, types] of files) {
    for (const name of types.flatMap((type) => [...reachable(definitions, type)])) {
      if (!places.has(name)) places.set(name, file);
    }
  }
  const placeOf = (name: string): string => places.get(name) ?? lastFile;
  return Object.fromEntries(
    [...files.map(([file]) => file), lastFile].map((file) => {
      const own = names.filter((name) => placeOf(name) === file);
      const text = own.map((name) => definitionText(definitions, name)).join('\n');
      return [file, head + importsOf(text, names, file, placeOf) + text];
    }),
  );
}

/** The imports of the types that a file names and that are in others. */
function importsOf(text: string, names: readonly string[], file: string, placeOf: (name: string) => string): string {
  const plain = withoutComments(text);
  const others = names.filter((name) => placeOf(name) !== file && new RegExp(`\\b${name}\\b(?!\\?)`).test(plain));
  const byFile = Object.entries(Object.groupBy(others, placeOf)).sort(([one], [other]) => (one < other ? -1 : 1));
  const lines = byFile.map(([from, types = []]) => `import type { ${types.join(', ')} } from './${from}';\n`);
  return lines.length > 0 ? `${lines.join('')}\n` : '';
}

const head = '// Made of the schema by "npm run config-reference"; see config-schema.ts.\n\n';

function reachable(definitions: Readonly<Record<string, JsonSchema>>, start: string): ReadonlySet<string> {
  const found = new Set([start]);
  for (const name of found) {
    const references = JSON.stringify(definitions[name]).matchAll(/"#\/definitions\/(\w+)"/g);
    for (const [, reference = ''] of references) found.add(reference);
  }
  return found;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*\*.*?\*\//gs, '');
}

function definitionText(definitions: Readonly<Record<string, JsonSchema>>, name: string): string {
  const definition = definitions[name] ?? {};
  if (definition.type !== 'object') return `${doc(definition, '')}export type ${name} = ${typeText(definition, '')};\n`;
  if (!similar.includes(name)) return `${doc(definition, '')}export interface ${name} ${objectText(definition, '')}\n`;
  const text = objectText({ ...definition, properties: ownProperties(definitions, name) }, '');
  return `${doc(definition, '')}export interface ${name} extends ${base} ${text}\n`;
}

function objectText({ properties = {}, required = [] }: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, property]) => {
    const mark = required.includes(name) ? '' : '?';
    return `${doc(property, inner)}${inner}readonly ${name}${mark}: ${typeText(property, inner)};\n`;
  });
  return `{\n${fields.join('')}${indent}}`;
}

function doc({ description, danger, default: standard }: JsonSchema, indent: string): string {
  if (description === undefined) return '';
  const warning = danger === undefined ? '' : ` Danger: ${danger}`;
  const ending = standard === undefined ? '' : ` Default: ${JSON.stringify(standard)}.`;
  return `${indent}/** ${description}${ending}${warning} */\n`;
}

export function typeText(schema: JsonSchema, indent: string): string {
  if (schema.$ref !== undefined) return schema.$ref.replace('#/definitions/', '');
  if (schema.allOf !== undefined) return schema.allOf.map((each) => typeText(each, indent)).join(' & ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map((each) => typeText(each, indent)))].join(' | ');
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ');
  switch (schema.type) {
    case 'array':
      return arrayText(schema.items ?? {}, indent);
    case 'object':
      return typeof schema.additionalProperties === 'object'
        ? `Readonly<Record<string, ${typeText(schema.additionalProperties, indent)}>>`
        : objectText(schema, indent);
    case 'integer':
      return 'number';
    default:
      return typeof schema.type === 'string' ? schema.type : (schema.type?.join(' | ') ?? 'unknown');
  }
}

function arrayText(items: JsonSchema | readonly JsonSchema[], indent: string): string {
  if ('length' in items) return `readonly [${items.map((each) => typeText(each, indent)).join(', ')}]`;
  const text = typeText(items, indent);
  return /[|&]|^readonly/.test(text) ? `readonly (${text})[]` : `readonly ${text}[]`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}
