import { z } from 'zod';
import { configSchema } from '../../src/config/schema/config-schema.ts';

/** What is used of JSON Schema, and what `option` says beside it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly nginx?: string;
  readonly danger?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

/** The JSON Schema of a config, with a definition for each type that has a name. */
export function readSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as JsonSchema;
}

/** The schema as editors want it: nothing in it but JSON Schema, dangers in the descriptions. */
export function schemaFile(schema: JsonSchema): string {
  const text = JSON.stringify(
    schema,
    (_, value: unknown) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const { nginx, danger, propertyNames, ...others } = value as JsonSchema & { propertyNames?: unknown };
      if (typeof nginx === 'object' || typeof danger === 'object') return value;
      return danger === undefined ? others : { ...others, description: `${others.description} Danger: ${danger}` };
    },
    2,
  );
  return `${text}\n`;
}
