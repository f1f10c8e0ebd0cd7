import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Block } from '../../src/config/config.ts';
import { connectionDefaults, defaults, realIpDefaults } from '../../src/config/defaults.ts';
import { userProxySettings } from '../../src/config/print/user-proxy.ts';
import { userServerFields } from '../../src/config/print/user-servers.ts';
import { userSettings } from '../../src/config/print/user-settings.ts';
import { configSchema } from '../../src/config/schema/config-schema.ts';
import type { Defaults, IfSettings } from '../../src/config/schema/user-config.ts';
import type { ProxyDefaults } from '../../src/config/schema/user-proxies.ts';

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
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as JsonSchema;
  const { definitions = {} } = schema;
  return {
    ...schema,
    definitions: Object.fromEntries(
      Object.entries(definitions).map(([name, definition]) => [name, withDefaults(definition, standardOf(name))]),
    ),
  };
}

const settings: IfSettings = userSettings(defaults as Block, []);
const proxy: ProxyDefaults = userProxySettings(defaults as Block);
const servers: Defaults = userServerFields({ connection: connectionDefaults, realIp: realIpDefaults });

/** The types whose options are fields of one setting, by that setting. */
const groups: Readonly<Record<string, unknown>> = {
  Addition: settings.addition,
  Autoindex: defaults.autoindex,
  CacheUse: settings.cache,
  Charset: { ...defaults.charset, source: false },
  Compression: settings.compression,
  Connection: servers.connection,
  ProxyDefaults: proxy,
  ProxyNext: proxy.next,
  ProxyTimeouts: proxy.timeouts,
  ProxyTls: proxy.tls,
  RealIp: servers.realIp,
  ReverseProxy: proxy,
  Substitution: settings.substitution,
  UserId: settings.userId,
};

/** Galley's own defaults of a type's options. */
function standardOf(name: string): Readonly<Record<string, unknown>> {
  const standard = groups[name] ?? (similar.includes(name) ? settings : {});
  return typeof standard === 'object' ? (standard as Readonly<Record<string, unknown>>) : {};
}

/** What the schema itself does not say of defaults, where it is short enough to be told. */
function withDefaults(definition: JsonSchema, standard: Readonly<Record<string, unknown>>): JsonSchema {
  if (definition.properties === undefined) return definition;
  const properties = Object.entries(definition.properties).map(([name, property]) => {
    const value = standard[name];
    const isTold =
      value !== undefined && JSON.stringify(value).length <= 60 && !['{}', '[]'].includes(JSON.stringify(value));
    return [name, isTold && property.default === undefined ? { ...property, default: value } : property] as const;
  });
  return { ...definition, properties: Object.fromEntries(properties) };
}

/** The types that share most of their options. */
export const similar: readonly string[] = ['Defaults', 'IfSettings', 'Location', 'Server'];

/** The name of what they share. */
export const base = 'Settings';

/** The definitions, with one more: what the similar ones share. */
export function definitionsOf({ definitions = {} }: JsonSchema): Readonly<Record<string, JsonSchema>> {
  const [first, ...others] = similar.map((name) => definitions[name]?.properties ?? {});
  const properties = Object.entries(first ?? {}).filter(([name]) =>
    others.every((other) => isDeepStrictEqual(other[name], first?.[name])),
  );
  const shared = {
    type: 'object',
    description: 'What servers, locations and the `if` of rules may say.',
    properties: Object.fromEntries(properties),
  };
  return { ...definitions, [base]: shared };
}

/** The options that are a type's own. */
export function ownProperties(
  definitions: Readonly<Record<string, JsonSchema>>,
  name: string,
): Readonly<Record<string, JsonSchema>> {
  const properties = definitions[name]?.properties ?? {};
  if (!similar.includes(name)) return properties;
  const shared = definitions[base]?.properties ?? {};
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !(key in shared)));
}

/** The schema as editors want it: nothing in it but JSON Schema, dangers in the descriptions. */
export function schemaFile(schema: JsonSchema): string {
  const text = JSON.stringify(
    schema,
    (_, value: unknown) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const { nginx, danger, default: standard, ...others } = value as JsonSchema;
      // Of the names of options these are some as well; their values are schemas.
      if ([nginx, danger, standard].some((each) => typeof each === 'object' && !Array.isArray(each))) return value;
      const isValue = standard !== undefined && !(typeof standard === 'string' && standard.includes(' '));
      return {
        ...others,
        ...(isValue ? { default: standard } : {}),
        ...(danger === undefined ? {} : { description: `${others.description ?? ''} Danger: ${danger}`.trim() }),
      };
    },
    2,
  );
  return `${text}\n`;
}
