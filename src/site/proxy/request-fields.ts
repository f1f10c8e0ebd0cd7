import type { Peer } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import { NameSet } from '../../core/name-set.ts';
import { withoutForwarded } from '../../http/forwarded-fields.ts';
import type { ProxySettings } from '../../plan/proxy-plan.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import { fieldTemplate } from '../variables/field-template.ts';
import type { CompiledTemplate } from '../variables/template.ts';
import type { ResolvedTarget } from './proxy-target.ts';

/** The fields of a request to a peer, and what of the connection they ask for. */
export interface RequestFields {
  readonly headers: HeaderList;
  /** The `connection` that the config sets; undefined where it says nothing. */
  readonly connection: string | undefined;
  /** The `upgrade` that it sets; undefined where it says nothing. */
  readonly upgrade: string | undefined;
}

type Fields = [name: string, value: string][];

/** Makes the fields of requests of one location. */
export interface MadeFields {
  of(request: SiteRequest, target: ResolvedTarget): RequestFields;
  /** The trailers of a request whose body has ended: none by which a client could say what its fields may not. */
  trailersOf(request: SiteRequest): HeaderList;
}

/**
 * Fields that no peer gets from a client: those of the connection (RFC 9110 §7.6.1) and of framing, which are the transport's to write;
 * and what a client has no business to say (http.md 215, 265).
 */
const neverPassed = [
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'trailer',
  'upgrade',
  'http2-settings',
  'content-length',
  'expect',
  'proxy',
];

/** What upstreams say to us, and no client to them (http.md 256). */
const upstreamPrefix = 'x-accel-';

/** What tells of the client, which is ours to say where we do. */
const forwardedNames = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'forwarded'];

/** Naming these in `connection` takes nothing away: they say what a request is, or who may make it (http.md 212). */
const protectedNames: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-type',
  'cookie',
  'range',
  'set-cookie',
  ...neverPassed,
]);

/** Throws PlanError. */
export function compileFields(settings: ProxySettings, context: CompileContext): MadeFields {
  const { forwarded, via, passesFields } = settings;
  const own = settings.setFields.map(({ name, value }) => ({
    name: name.toLowerCase(),
    value: fieldTemplate(value, context),
  }));
  const controls = new Map(own.map(({ name, value }) => [name, value]));
  const sent = own.filter(({ name }) => !transportNames.has(name));
  const isSet = new Set(sent.map(({ name }) => name));
  const tells = forwarded === 'none' ? [] : forwardedNames.filter((name) => !isSet.has(name));
  const dropped = new NameSet([...neverPassed, ...isSet, ...tells, ...(via ? ['via'] : [])], upstreamPrefix);
  const setsHost = isSet.has('host');
  let last: Fields = [];
  /** What the last ones are; undefined where they were others than those before. */
  let lastList: HeaderList | undefined;
  const of = (request: SiteRequest, target: ResolvedTarget): RequestFields => {
    const fields: Fields = [];
    if (!setsHost) fields.push(['host', hostFor(request, target, settings)]);
    for (const { name, value } of sent) {
      const text = value.evaluate(request);
      if (text !== '') fields.push([name, text]);
    }
    if (tells.length > 0) addForwarded(fields, request, tells, forwarded === 'both');
    if (via) fields.push(['via', viaOf(request.exchange.request.headers, request.exchange.request.version)]);
    // Most requests of a location get the same as the one before.
    lastList = areSame(fields, last) ? (lastList ?? HeaderList.of(fields)) : undefined;
    last = fields;
    const passed = passesFields ? passedOn(request, forwarded) : HeaderList.empty;
    return {
      headers: HeaderList.joined(lastList ?? fields, passed, dropped),
      connection: textOf(controls.get('connection'), request),
      upgrade: textOf(controls.get('upgrade'), request),
    };
  };
  const trailersOf = ({ exchange }: SiteRequest): HeaderList => {
    const { trailers = HeaderList.empty, request } = exchange;
    if (trailers.count === 0) return trailers;
    const named = new Set(['via', ...namedByConnection(request.headers)]);
    const plain = [...withoutForwarded(trailers).withoutAny(dropped)];
    return HeaderList.of(plain.filter(([name]) => !named.has(name) && !name.includes('_')));
  };
  return { of, trailersOf };
}

function areSame(fields: Fields, others: Fields): boolean {
  return (
    fields.length === others.length &&
    fields.every(([name, value], index) => name === others[index]?.[0] && value === others[index]?.[1])
  );
}

/** What a config sets of these says how the connection is used. */
const transportNames: ReadonlySet<string> = new Set([
  'connection',
  'upgrade',
  'keep-alive',
  'te',
  'transfer-encoding',
  'content-length',
  'expect',
]);

function textOf(template: CompiledTemplate | undefined, request: SiteRequest): string | undefined {
  return template?.evaluate(request);
}

function hostFor(request: SiteRequest, target: ResolvedTarget, { host }: ProxySettings): string {
  return (host === 'client' ? request.header('host') : undefined) ?? target.host;
}

/** The client's fields, without those that were meant for us, and without what it says of others where nobody trusts it with that. */
function passedOn(request: SiteRequest, forwarded: ProxySettings['forwarded']): HeaderList {
  const { headers, hasForwarded } = request.exchange.request;
  const mayLie = forwarded !== 'none' && hasForwarded !== false && !isTold(request);
  return withoutNamed(mayLie ? withoutForwarded(headers) : headers);
}

/** Whether who connected is a proxy that was trusted with saying who its client is. */
function isTold({ exchange: { connection }, peer }: SiteRequest): boolean {
  return peer !== undefined || connection.connected !== undefined;
}

const listSeparator = /[ \t]*,[ \t]*/;
const plainOptions: ReadonlySet<string> = new Set(['', 'keep-alive', 'close', 'upgrade', 'te', 'http2-settings']);

/** Without the fields that `connection` names: they were meant for us (RFC 9110 §7.6.1). */
function withoutNamed(headers: HeaderList): HeaderList {
  const named = namedByConnection(headers);
  return named.length === 0 ? headers : headers.without(...named);
}

function namedByConnection(headers: HeaderList): readonly string[] {
  const options = headers.getAll('connection');
  if (options.every((value) => plainOptions.has(value.toLowerCase()))) return nothing;
  return options
    .flatMap((value) => value.toLowerCase().split(listSeparator))
    .filter((option) => !plainOptions.has(option) && !protectedNames.has(option));
}

const nothing: readonly string[] = [];

/** `via` with ourselves at its end. */
export function viaOf(headers: HeaderList, version: string): string {
  return [...headers.getAll('via'), `${version} galley`].join(', ');
}

function addForwarded(fields: Fields, request: SiteRequest, tells: readonly string[], withForwarded: boolean): void {
  const { headers } = request.exchange.request;
  const { connection } = request.exchange;
  const connected = request.peer ?? connection.connected ?? connection.client;
  const isTrusted = isTold(request);
  const told = (name: string): string | undefined =>
    isTrusted ? headers.getAll(name).join(', ') || undefined : undefined;
  for (const name of tells) {
    switch (name) {
      case 'x-forwarded-for':
        fields.push([name, joined(told(name), connected.address || 'unknown')]);
        break;
      case 'x-forwarded-proto':
        fields.push([name, told(name) ?? connection.scheme]);
        break;
      case 'x-forwarded-host': {
        const host = told(name) ?? request.header('host');
        if (host !== undefined) fields.push([name, host]);
        break;
      }
      case 'x-forwarded-port':
        fields.push([name, told(name) ?? String(connection.server.port)]);
        break;
      default:
        if (withForwarded) fields.push([name, joined(told(name), forwardedElement(request, connected))]);
    }
  }
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

/** RFC 7239 §4. */
function forwardedElement(request: SiteRequest, { address }: Peer): string {
  const node = address === '' ? 'unknown' : address.includes(':') ? `"[${address}]"` : address;
  const host = request.header('host');
  const quoted = host === undefined ? '' : `;host="${host.replace(/["\\]/g, '')}"`;
  return `for=${node}${quoted};proto=${request.exchange.connection.scheme}`;
}
