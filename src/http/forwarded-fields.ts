import { endOfField, HeaderList, nameAt, nameEnd, valueStart } from '../core/headers.ts';
import { isForwardedName } from './forwarded-name.ts';

/** What a request's fields say of the client. */
export interface ForwardedFields {
  /** The values that may be believed, by name; those of fields with one name are joined. */
  readonly values: ReadonlyMap<string, string>;
  /** All fields but those that must not be believed. */
  readonly headers: HeaderList;
}

/** All fields but those that tell of forwarding ({@link isForwardedName}): what an app may see of an untrusted peer. */
export function withoutForwarded(headers: HeaderList): HeaderList {
  return without(headers, () => true);
}

/**
 * What a trusted proxy tells. A proxy writes one kind, X-Forwarded-* or Forwarded, and passes on what its client wrote of
 * the other, so that where both are there one may be a lie. Forwarded is then dropped: nearly all proxies write the other
 * kind, and even where the two agree on an address, a client that knows its own can lie in Forwarded's host. Names with an
 * underscore are dropped too, since proxies check only the name with a hyphen.
 */
export function readForwardedFields(headers: HeaderList): ForwardedFields {
  const { bytes } = headers;
  const values = new Map<string, string>();
  let hasTwin = false;
  for (let at = headers.start; at < headers.end; at = endOfField(bytes, at)) {
    if (!isForwardedName(bytes, at + nameAt, nameEnd(bytes, at))) continue;
    const name = nameOf(bytes, at);
    if (isTwin(name)) {
      hasTwin = true;
      continue;
    }
    const value = bytes.toString('latin1', valueStart(bytes, at), endOfField(bytes, at));
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  const hasBoth = values.size > 1 && values.delete('forwarded');
  if (!hasBoth && !hasTwin) return { values, headers };
  return { values, headers: without(headers, (name) => isTwin(name) || (hasBoth && name === 'forwarded')) };
}

/** All fields but those that tell of forwarding and whose name is to be dropped; the very same list where there is none. */
function without(headers: HeaderList, isDropped: (name: string) => boolean): HeaderList {
  const { bytes, start, end } = headers;
  let kept: Buffer | undefined;
  let size = 0;
  let from = start;
  for (let at = start, next = start; at < end; at = next) {
    next = endOfField(bytes, at);
    if (!isForwardedName(bytes, at + nameAt, nameEnd(bytes, at)) || !isDropped(nameOf(bytes, at))) continue;
    kept ??= Buffer.allocUnsafe(end - start);
    size += bytes.copy(kept, size, from, at);
    from = next;
  }
  if (!kept) return headers;
  size += bytes.copy(kept, size, from, end);
  return HeaderList.ofValidBlock(kept, 0, size);
}

function nameOf(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at + nameAt, nameEnd(bytes, at));
}

function isTwin(name: string): boolean {
  return name.includes('_');
}
