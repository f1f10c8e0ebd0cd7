import type { HeaderList } from '../../core/headers.ts';
import { chooseEncoding } from '../../http/accept-encoding.ts';
import type { Compression } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Encoding } from './engine.ts';

/** The coding that the client of a compressible answer gets; undefined for none. */
export type ChooseCompression = (request: SiteRequest, headers: HeaderList) => Encoding | undefined;

type Proxied = Compression['proxied'][number];

/** Throws PlanError for a pattern of user agents that cannot be compiled. */
export function createCompressionChoice(compression: Compression, context: CompileContext): ChooseCompression {
  const offered = compression.encodings.map(({ encoding }) => encoding);
  const isAllowed = createCompressionGate(compression, context);
  // Most clients send the same few fields.
  let lastField: string | undefined;
  let lastChoice: Encoding | undefined;
  return (request, headers) => {
    const field = request.header('accept-encoding');
    if (field !== lastField) {
      lastField = field;
      lastChoice = chooseEncoding(field, offered);
    }
    return lastChoice && isAllowed(request, headers) ? lastChoice : undefined;
  };
}

/** Whether a client may get compressed content, beside what it says that it takes. Throws PlanError. */
export function createCompressionGate(
  { disable, httpVersion, proxied: kinds }: Pick<Compression, 'disable' | 'httpVersion' | 'proxied'>,
  context: CompileContext,
): (request: SiteRequest, headers: HeaderList) => boolean {
  const disabled = disable.map((source) => context.pattern(source, true));
  const proxied = new Set(kinds);
  return (request, headers) => {
    if (httpVersion === '1.1' && request.exchange.request.version === '1.0') return false;
    if (request.header('via') !== undefined && !mayCompressForProxy(proxied, request, headers)) return false;
    if (disabled.length === 0) return true;
    const agent = request.header('user-agent');
    return agent === undefined || !disabled.some((pattern) => pattern.test(agent));
  };
}

/** nginx `gzip_proxied`. What says when the answer becomes stale has the say over what only identifies it. */
function mayCompressForProxy(proxied: ReadonlySet<Proxied>, request: SiteRequest, headers: HeaderList): boolean {
  if (proxied.has('off')) return false;
  if (proxied.has('any')) return true;
  if (proxied.has('auth') && request.header('authorization') !== undefined) return true;
  const expires = headers.get('expires');
  if (expires !== undefined) return proxied.has('expired') && Date.parse(expires) < request.services.now();
  const control = headers.getAll('cache-control').join(',');
  if (control !== '') {
    return (['no-cache', 'no-store', 'private'] as const).some(
      (name) => proxied.has(name) && hasDirective(control, name),
    );
  }
  if (proxied.has('no_last_modified') && headers.has('last-modified')) return false;
  return !(proxied.has('no_etag') && headers.has('etag'));
}

/** Whether a cache-control field has that directive (RFC 9111 §5.2). */
export function hasDirective(field: string, name: string): boolean {
  return field.split(',').some((part) => part.trim().split('=')[0]?.toLowerCase() === name);
}
