import type { AddedField } from '../../plan/settings.ts';
import type { Defaults, Server } from '../schema/user-config.ts';
import type { Cors, SecurityHeaders, Settings } from '../schema/user-settings.ts';
import { parseDuration } from '../units.ts';
import { type Conversion, listOf } from './conversion.ts';

/** What a level adds to answers, with what it has from the level around it. */
export interface EffectiveFields {
  readonly headers: readonly AddedField[];
  /** How preflight requests are answered; undefined where they are not. */
  readonly preflight: Preflight | undefined;
}

export interface Preflight {
  /** The variable that is 1 for them. */
  readonly variable: string;
  readonly headers: readonly AddedField[];
}

export const noFields: EffectiveFields = { headers: [], preflight: undefined };

type FieldOptions = Pick<Settings, 'headers' | 'inheritHeaders' | 'securityHeaders' | 'cors'> &
  Pick<Defaults, 'hsts'> &
  Partial<Pick<Server, 'listen'>>;

/** The fields of a level: its own, and those of the outer level that it does not name. */
export function effectiveFields(
  options: FieldOptions,
  outer: EffectiveFields,
  conversion: Conversion,
): EffectiveFields {
  const { headers = {}, inheritHeaders = true, securityHeaders, cors, hsts, listen = [] } = options;
  const crossOrigin = cors === undefined ? undefined : corsFields(cors, conversion);
  const security = securityFields(securityHeaders).filter(({ name }) => hsts === undefined || name !== hstsName);
  const own = [
    ...security,
    ...hstsFields(hsts, conversion),
    ...(fieldList(headers).some(isAltSvc) ? [] : http3Fields(listen)),
    ...(crossOrigin?.headers ?? []),
    ...fieldList(headers),
  ];
  const replaced = new Set(
    [
      ...own.map(({ name }) => name),
      ...(securityHeaders === false ? securityNames : []),
      ...(cors === false ? corsNames : []),
      ...(hsts === false ? [hstsName] : []),
    ].map((name) => name.toLowerCase()),
  );
  const kept = inheritHeaders ? outer.headers.filter(({ name }) => !replaced.has(name.toLowerCase())) : [];
  return {
    headers: [...kept, ...own],
    preflight: cors === undefined ? outer.preflight : crossOrigin?.preflight,
  };
}

/** Whether a level says anything of the fields of answers. */
export function hasFields({
  headers,
  inheritHeaders,
  securityHeaders,
  cors,
  hsts,
  listen = [],
}: FieldOptions): boolean {
  return (
    [headers, inheritHeaders, securityHeaders, cors, hsts].some((option) => option !== undefined) ||
    http3Fields(listen).length > 0
  );
}

export function fieldList(fields: NonNullable<Settings['headers']>): readonly AddedField[] {
  if (Array.isArray(fields)) return fields as readonly AddedField[];
  return Object.entries(fields as Readonly<Record<string, string>>).map(([name, value]) => ({
    name,
    value,
    always: true,
  }));
}

const hstsName = 'Strict-Transport-Security';
const altSvcName = 'Alt-Svc';

const securityOptions: readonly (readonly [option: keyof SecurityHeaders, name: string, standard: string | false])[] = [
  ['contentTypeOptions', 'X-Content-Type-Options', 'nosniff'],
  ['frameOptions', 'X-Frame-Options', 'SAMEORIGIN'],
  ['referrerPolicy', 'Referrer-Policy', 'strict-origin-when-cross-origin'],
  ['openerPolicy', 'Cross-Origin-Opener-Policy', 'same-origin'],
  ['contentSecurityPolicy', 'Content-Security-Policy', false],
  ['permissionsPolicy', 'Permissions-Policy', false],
  ['strictTransportSecurity', hstsName, false],
];

const securityNames: readonly string[] = securityOptions.map(([, name]) => name);

function securityFields(options: Settings['securityHeaders']): readonly AddedField[] {
  if (options === undefined || options === false) return [];
  return securityOptions.flatMap(([option, name, standard]) => {
    const value = (options === true ? undefined : options[option]) ?? standard;
    return value === false ? [] : { name, value, always: true };
  });
}

/** RFC 6797 §7.2: over TLS alone. */
function hstsFields(options: Defaults['hsts'], { variables }: Conversion): readonly AddedField[] {
  if (options === undefined || options === false) return [];
  const {
    maxAge,
    includeSubDomains = false,
    preload = false,
  } = typeof options === 'string' ? { maxAge: options } : options;
  const variable = `hsts_${variables.length}`;
  const parts = [
    `max-age=${Math.floor(parseDuration(maxAge) / 1_000)}`,
    ...(includeSubDomains ? ['includeSubDomains'] : []),
    ...(preload ? ['preload'] : []),
  ];
  variables.push({
    kind: 'map',
    variable,
    source: '$https',
    entries: [{ key: 'on', value: parts.join('; ') }],
    fallback: '',
    hostnames: false,
    volatile: false,
  });
  return [field(hstsName, `$${variable}`)];
}

/** RFC 7838; empty, so that nothing is sent, where HTTP/3 is not served. A field of the config's own takes its place. */
function http3Fields(listen: Server['listen']): readonly AddedField[] {
  const isServed = listen.some((each) => typeof each === 'object' && each.http3 === true);
  return isServed ? [field(altSvcName, '$galley_alt_svc')] : [];
}

function isAltSvc({ name }: AddedField): boolean {
  return name.toLowerCase() === altSvcName.toLowerCase();
}

const corsNames: readonly string[] = [
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Credentials',
  'Access-Control-Expose-Headers',
  'Vary',
];

/** The Fetch standard's CORS protocol; which origins are allowed is a map of its own. */
function corsFields(options: boolean | Cors, conversion: Conversion): EffectiveFields | undefined {
  if (options === false) return undefined;
  const cors = options === true ? {} : options;
  const origins = cors.origins ?? '*';
  const number = conversion.variables.length;
  const shared: AddedField[] =
    origins === '*'
      ? [field('Access-Control-Allow-Origin', '*')]
      : [field('Access-Control-Allow-Origin', `$cors_origin_${number}`), field('Vary', 'Origin')];
  if (origins !== '*') {
    conversion.variables.push({
      kind: 'map',
      variable: `cors_origin_${number}`,
      source: '$http_origin',
      entries: listOf(origins).map((key) => ({ key, value: '$http_origin' })),
      fallback: '',
      hostnames: false,
      volatile: false,
    });
  }
  if (cors.credentials === true) {
    conversion.variables.push({
      kind: 'map',
      variable: `cors_credentials_${number}`,
      source: `$cors_origin_${number}`,
      entries: [{ key: '', value: '' }],
      fallback: 'true',
      hostnames: false,
      volatile: false,
    });
    shared.push(field('Access-Control-Allow-Credentials', `$cors_credentials_${number}`));
  }
  const variable = `cors_preflight_${number}`;
  conversion.variables.push({
    kind: 'map',
    variable,
    source: '$request_method $http_access_control_request_method',
    entries: [{ key: '~^OPTIONS .', value: '1' }],
    fallback: '',
    hostnames: false,
    volatile: false,
  });
  const exposed = cors.exposedHeaders ?? [];
  return {
    headers: exposed.length > 0 ? [...shared, field('Access-Control-Expose-Headers', exposed.join(', '))] : shared,
    preflight: {
      variable,
      headers: [
        ...shared,
        field('Access-Control-Allow-Methods', (cors.methods ?? corsMethods).join(', ')),
        field('Access-Control-Allow-Headers', cors.headers?.join(', ') ?? '$http_access_control_request_headers'),
        field('Access-Control-Max-Age', String(Math.floor(parseDuration(cors.maxAge ?? '1h') / 1_000))),
      ],
    },
  };
}

const corsMethods: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

function field(name: string, value: string): AddedField {
  return { name, value, always: true };
}
