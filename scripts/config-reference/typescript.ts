import { base, definitionsOf, type JsonSchema, ownProperties, similar } from './json-schema.ts';

/** The TypeScript types of a config, which editors show while one is written, as two files by their names. */
export function typeFiles(schema: JsonSchema): Readonly<Record<string, string>> {
  const definitions = definitionsOf(schema);
  const names = Object.keys(definitions).sort();
  const ofSettings = reachable(definitions, base);
  const shared = names.filter((name) => ofSettings.has(name));
  const text = names
    .filter((name) => !ofSettings.has(name))
    .map((name) => definitionText(definitions, name))
    .join('\n');
  const imported = shared.filter((name) => new RegExp(`\\b${name}\\b(?!\\?)`).test(withoutComments(text)));
  const imports = `import type { ${imported.join(', ')} } from './user-settings.ts';\n\n`;
  return {
    'user-settings.ts': head + shared.map((name) => definitionText(definitions, name)).join('\n'),
    'user-config.ts': head + imports + text,
  };
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
