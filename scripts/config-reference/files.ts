import { readSchema, schemaFile } from './json-schema.ts';
import { page } from './markdown.ts';
import { typeFiles } from './typescript.ts';

/** The files that are made of the schema, by their paths from the root; TypeScript is not formatted yet. */
export function referenceFiles(): Readonly<Record<string, string>> {
  const schema = readSchema();
  const types = Object.entries(typeFiles(schema)).map(([name, text]) => [`src/config/schema/${name}`, text]);
  return {
    ...Object.fromEntries(types),
    'schemas/galley.config.schema.json': schemaFile(schema),
    'docs/config.md': page(schema),
  };
}
