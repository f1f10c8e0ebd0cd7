import { ProtocolError } from '../../core/errors.ts';
import { normalizePath } from '../../http/path.ts';
import { isAuthority } from './host.ts';

/** What a request target says (RFC 9112 §3.2), in the form of core's RequestHead. */
export interface Target {
  readonly target: string;
  readonly path: string;
  readonly query: string;
  readonly normalizedPath: string;
  /** The authority of an absolute-form target: it stands in for Host (RFC 9112 §3.2.2). */
  readonly authority: string | undefined;
}

const absoluteForm = /^https?:\/\/([^/?]*)(.*)$/i;

/**
 * Reads a target as the method allows it: `*` for OPTIONS alone, an authority for CONNECT alone, else a path or an http
 * URL. Throws ProtocolError `request-target`, or `method-not-allowed` for CONNECT and TRACE.
 */
export function readTarget(method: string, text: string): Target {
  if (method === 'CONNECT') refuseConnect(text);
  if (method === 'TRACE') throw new ProtocolError('method-not-allowed', 'Cannot answer TRACE: it is not offered');
  if (text.charCodeAt(0) === 47) return originForm(text, undefined);
  if (text === '*') return asterisk(method, undefined);
  const match = absoluteForm.exec(text);
  if (!match) throw refusal('it is neither a path nor an http URL');
  const { 1: authority = '', 2: rest = '' } = match;
  const bytes = Buffer.from(authority, 'latin1');
  if (!isAuthority(bytes, 0, bytes.length)) throw refusal('its authority is not a host with an optional port');
  // RFC 9112 §3.2.4: this is how OPTIONS for a whole server is written in absolute form.
  if (rest === '' && method === 'OPTIONS') return asterisk(method, authority);
  return originForm(rest.startsWith('/') ? rest : `/${rest}`, authority);
}

function originForm(target: string, authority: string | undefined): Target {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  return { target, path, query, normalizedPath: normalizePath(path), authority };
}

function asterisk(method: string, authority: string | undefined): Target {
  if (method !== 'OPTIONS') throw refusal('* is for OPTIONS alone');
  return { target: '*', path: '*', query: '', normalizedPath: '*', authority };
}

function refuseConnect(text: string): never {
  const bytes = Buffer.from(text, 'latin1');
  if (!/:\d+$/.test(text) || !isAuthority(bytes, 0, bytes.length)) throw refusal('CONNECT needs a host and a port');
  throw new ProtocolError('method-not-allowed', 'Cannot answer CONNECT: this is no tunnel');
}

function refusal(reason: string): ProtocolError {
  return new ProtocolError('request-target', `Cannot use the request target: ${reason}`);
}
