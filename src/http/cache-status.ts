/** Why a request went on behind a cache (RFC 9211 §2.2). */
export type ForwardReason = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'request' | 'stale' | 'partial';

/** What a cache did with a request (RFC 9211 §2). */
export interface CacheHandling {
  /** Undefined for a hit. */
  readonly forward: ForwardReason | undefined;
  /** Of what it forwarded; where it is not that of the answer. */
  readonly forwardStatus?: number | undefined;
  /** Seconds for which the answer is still fresh; less than 0 where it is stale. */
  readonly ttl?: number | undefined;
  readonly isStored?: boolean;
  /** Another request's answer was waited for. */
  readonly isCollapsed?: boolean;
  /** A token that tells more. */
  readonly detail?: string | undefined;
}

/** What stands in a Cache-Status field for Galley, as a member of a structured list. */
export function cacheStatusMember(handling: CacheHandling): string {
  const { forward, forwardStatus, ttl, isStored, isCollapsed, detail } = handling;
  let text = forward === undefined ? 'galley; hit' : `galley; fwd=${forward}`;
  if (forwardStatus !== undefined) text += `; fwd-status=${forwardStatus}`;
  if (ttl !== undefined) text += `; ttl=${ttl}`;
  if (isStored) text += '; stored';
  if (isCollapsed) text += '; collapsed';
  if (detail !== undefined) text += `; detail=${detail}`;
  return text;
}
