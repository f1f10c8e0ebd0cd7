import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { validate } from '../load/validate.ts';
import { userConfig } from '../print/print.ts';
import { resolve } from '../resolve.ts';
import { toConfig } from '../typed/to-config.ts';
import { configSchema } from './config-schema.ts';
import type { UserConfig } from './user-config.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema | readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const root = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as Schema;
const texts: readonly string[] = [
  'sample',
  '35s',
  '7k',
  '7/s',
  '404',
  ':8081',
  '/sample/',
  '= /sample',
  'http://sample:81/x',
  'https://sample:81/x',
  '200-299',
];

/** A value of each form that an option has, of objects one for each of their options. What refers to itself ends at some depth. */
function samples(schema: Schema, depth = 0): readonly unknown[] {
  if (depth > 6) return [];
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference !== undefined) {
    return samples(root.definitions?.[reference.replace('#/definitions/', '')] ?? {}, depth + 1);
  }
  if (schema.anyOf) return schema.anyOf.flatMap((each) => samples(each, depth));
  if (schema.const !== undefined) return [schema.const];
  if (schema.enum) return schema.enum;
  if (Array.isArray(schema.type)) return schema.type.flatMap((type: string) => samples({ ...schema, type }, depth));
  switch (schema.type) {
    case 'boolean':
      return [true, false];
    case 'integer':
    case 'number':
      return [Math.max(schema.minimum ?? 0, Math.min(7, schema.maximum ?? 7))];
    case 'string':
      return texts.filter((text) => new RegExp(schema.pattern ?? '').test(text)).slice(0, 1);
    case 'null':
      return [null];
    case 'array':
      return listSamples(schema.items ?? {}, depth);
    default:
      return schema.properties ? objectSamples(schema, depth) : tableSamples(schema, depth);
  }
}

function listSamples(items: Schema | readonly Schema[], depth: number): readonly unknown[] {
  if (!('length' in items)) return samples(items, depth).map((each) => [each]);
  return [items.map((each) => samples(each, depth)[0])];
}

function tableSamples({ additionalProperties, propertyNames = {} }: Schema, depth: number): readonly unknown[] {
  const [name] = samples({ type: 'string', ...propertyNames }, depth);
  const values = typeof additionalProperties === 'object' ? samples(additionalProperties, depth) : [];
  return values.map((value) => ({ [String(name)]: value }));
}

function objectSamples({ properties = {}, required = [] }: Schema, depth: number): readonly unknown[] {
  const least = Object.fromEntries(required.map((name) => [name, samples(properties[name] ?? {}, depth)[0]]));
  const each: readonly Readonly<Record<string, unknown>>[] = Object.entries(properties).flatMap(([name, property]) =>
    samples(property, depth).map((value) => ({ ...least, [name]: value })),
  );
  // What both say together is a rule of its own: see load.test.ts.
  return each.filter((sample) => !('credentials' in sample && sample['credentials'] === true));
}

/** Values that say what holds anyway, or that are no settings. */
const withoutEffect: ReadonlySet<string> = new Set(
  [
    { $schema: 'sample' },
    ...[
      { stubStatus: false },
      { emptyGif: false },
      { inheritHeaders: true },
      { hsts: false },
      { redirectToHttps: false },
      { cors: false },
      { securityHeaders: false },
    ],
  ].map((each) => JSON.stringify(each)),
);

function configOf(user: UserConfig): Config {
  const { user: valid, ...others } = validate(user);
  assert.ok(valid, JSON.stringify(others));
  return toConfig(user, '/site').config;
}

describe('Every option', () => {
  const server = { listen: [':80'] };
  const places: readonly (readonly [name: string, place: (sample: object) => UserConfig])[] = [
    ['UserConfig', (sample) => sample],
    ['Process', (sample) => ({ process: sample })],
    ['Defaults', (sample) => ({ defaults: sample })],
    ['Server', (sample) => ({ servers: [{ ...server, ...sample }] })],
    ['Location', (sample) => ({ servers: [{ ...server, locations: [{ path: '/', ...sample }] }] })],
    ['IfSettings', (settings) => ({ servers: [{ ...server, rules: [{ if: { variable: 'a' }, settings }] }] })],
  ];
  for (const [name, place] of places) {
    const { properties = {} } = root.definitions?.[name] ?? {};
    for (const [option, property] of Object.entries(properties)) {
      const values = samples(property).map((value) => ({ [option]: value }));
      it(`${option} of ${name} is read and printed`, () => {
        assert.ok(values.length > 0);
        const without = configOf(place({}));
        for (const value of values) {
          const config = configOf(place(value));
          const text = JSON.stringify(value);
          if (!withoutEffect.has(text)) assert.ok(!isDeepStrictEqual(config, without), `${text} has no effect`);
          const again = configOf(userConfig(config));
          const plan = resolve(config, { hostname: 'host' });
          assert.deepEqual(resolve(again, { hostname: 'host' }), plan, text);
          assert.deepEqual([again.process, again.apps], [config.process, config.apps], text);
        }
      });
    }
  }
});
