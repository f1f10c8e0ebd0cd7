import { base, definitionsOf, type JsonSchema, ownProperties, similar } from './json-schema.ts';
import { typeText } from './typescript.ts';

const introduction = `# The config

This page is made of the schema by \`npm run config-reference\`.

A config is a file \`galley.config.ts\` (or \`.js\`, \`.mjs\`, \`.json\`) whose default export is one object:

\`\`\`ts
import { defineConfig } from 'galley';

export default defineConfig({
  apps: { api: { python: 'main:app', workers: { min: 1, max: 4 } } },
  servers: [
    {
      listen: [':80'],
      hosts: ['example.com', '*.example.com'],
      securityHeaders: true,
      locations: [
        { path: '/static/', files: './static', expires: '1y' },
        { path: '/api/', app: 'api', rateLimit: { key: '$remote_addr', rate: '10/s', burst: 20 } },
      ],
    },
  ],
});
\`\`\`

- \`defineConfig\` gives its argument back: it is there for editors. A plain object does as well.
- Times are texts with a unit: \`'30s'\`, \`'1h 30m'\`, \`'250ms'\`. Sizes are numbers of bytes or texts such as \`'10m'\`.
- Paths on disk start from the folder of the config.
- Texts may have \`$variables\` where they say something about a request; they are those of nginx.
- What a location does not say, it has from what is around it. Lists and tables are replaced as a whole, \`headers\` are added to.
- \`galley check\` tells of all that is wrong, with line and column. \`galley convert nginx.conf\` prints an nginx.conf as such a file.
`;

/** The reference page: one table of options for each type. */
export function page(schema: JsonSchema): string {
  const definitions = definitionsOf(schema);
  const sections = reached(definitions).map((name) => section(definitions, name));
  return `${introduction}\n${sections.join('\n')}`;
}

/** The types in the order in which a reader comes to them. */
function reached(definitions: Readonly<Record<string, JsonSchema>>): readonly string[] {
  const found = new Set(['UserConfig', 'Server', 'Location', base]);
  for (const name of found) {
    const references = JSON.stringify(definitions[name]).matchAll(/"#\/definitions\/(\w+)"/g);
    for (const [, reference = ''] of references) found.add(reference);
  }
  return [...found];
}

function section(definitions: Readonly<Record<string, JsonSchema>>, name: string): string {
  const definition = definitions[name] ?? {};
  const title = `## ${name}\n\n${definition.description ?? ''}\n`;
  if (definition.type !== 'object') return `${title}\n${typeCell(definition)}\n`;
  const more = similar.includes(name) ? `\nAnd all of [${base}](#${base.toLowerCase()}).\n` : '';
  const required = definition.required ?? [];
  const rows = Object.entries(ownProperties(definitions, name)).map(([option, property]) =>
    row(option, property, required.includes(option), definitions),
  );
  return `${title}${more}\n| Option | Takes | Default | What it does |\n|---|---|---|---|\n${rows.join('')}`;
}

/** That of its type where it is the same, which JSON Schema leaves out. */
function descriptionOf(
  { description, $ref, allOf }: JsonSchema,
  definitions: Readonly<Record<string, JsonSchema>>,
): string {
  const reference = ($ref ?? allOf?.[0]?.$ref)?.replace('#/definitions/', '');
  return description ?? definitions[reference ?? '']?.description ?? '';
}

function row(
  option: string,
  property: JsonSchema,
  isRequired: boolean,
  definitions: Readonly<Record<string, JsonSchema>>,
): string {
  const standard = isRequired ? 'needed' : property.default === undefined ? '' : defaultText(property.default);
  const danger = property.danger === undefined ? '' : ` **Danger:** ${property.danger}`;
  const nginx =
    property.nginx === undefined
      ? ''
      : ` nginx: ${property.nginx
          .split(', ')
          .map((each) => `\`${each}\``)
          .join(', ')}.`;
  const doc = escaped(`${descriptionOf(property, definitions)}${danger}${nginx}`);
  return `| \`${option}\` | ${typeCell(property)} | ${escaped(standard)} | ${doc} |\n`;
}

/** Defaults that are words, such as "the folder of the config", are no values. */
function defaultText(value: unknown): string {
  return typeof value === 'string' && value.includes(' ') ? value : `\`${JSON.stringify(value)}\``;
}

function typeCell(schema: JsonSchema): string {
  const text = typeText(schema, '')
    .replace(/\/\*\*.*?\*\//gs, '')
    .replaceAll('readonly ', '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('; }', ' }')
    .replace(/^Readonly<Record<string, (.*)>>$/, '{ NAME: $1 }')
    .replaceAll(/Readonly<Record<string, (\w+)>>/g, '{ NAME: $1 }');
  return escaped(`\`${text}\``);
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
